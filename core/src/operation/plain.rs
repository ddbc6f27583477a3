//! A macro for the operations that need no code of their own: get, list and delete.

/// Implements [`Operation`](crate::Operation) for a request without a body of its own, whose response is one member.
///
/// The struct, its constructor and its documentation are written out; the macro contains only what a reader of the API
/// description finds there: name and method, path and query, and the member of the response. `decode` names a method of
/// [`Envelope`](crate::operation::Envelope).
///
/// ```ignore
/// plain_operation!(GetConcept => Concept {
///     spec: Spec::get("get concept"),
///     target: |this, target| target.path("concepts").id("concept id", &this.id),
///     decode: one("concept"),
/// });
/// ```
macro_rules! plain_operation {
    ($operation:ty => $output:ty {
        spec: $spec:expr,
        target: |$this:pat, $target:ident| $path:expr,
        $(body: |$whole:ident| $body:expr,)?
        decode: $read:ident($($member:literal)?),
    }) => {
        impl $crate::operation::Operation for $operation {
            type Output = $output;
            const SPEC: $crate::operation::Spec = $spec;

            fn target(&self, $target: &mut $crate::operation::Target) {
                let $this = self;
                $path;
            }

            $(fn body(&self) -> Result<$crate::body::Body, $crate::error::InvalidArgument> {
                let $whole = self;
                $body
            })?

            fn decode(
                &self,
                response: &$crate::operation::Envelope,
            ) -> Result<Self::Output, $crate::operation::DecodeError> {
                response.$read($($member)?)
            }
        }
    };
}

pub(crate) use plain_operation;
