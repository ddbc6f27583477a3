//! The status codes that programs are likely to test, as constants.

use super::StatusCode;

macro_rules! named_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        /// The codes that programs are likely to test. [`name`](Self::name) knows all codes.
        impl StatusCode {
            $($(#[$doc])* pub const $name: Self = Self::new($number);)*
        }
    };
}

named_codes! {
    /// The whole call succeeded.
    SUCCESS = 10_000;
    /// Some items failed. The HTTP status is 207, and each item has its own status.
    MIXED = 10_010;
    /// Every item failed. The status of each item contains the reason.
    FAILURE = 10_020;
    /// A transient problem in the service.
    TRY_AGAIN = 10_030;
    /// This part of the API is not implemented.
    NOT_IMPLEMENTED = 10_040;
    /// Accepted, but not done yet.
    ACCEPTED = 10_070;

    /// The access token is wrong or has expired.
    TOKEN_INVALID = 11_001;
    /// The app id or secret is wrong.
    CREDENTIALS_INVALID = 11_002;
    /// The hourly quota is used up.
    HOURLY_LIMIT = 11_003;
    /// The monthly quota is used up.
    MONTHLY_LIMIT = 11_004;
    /// Too many requests: send fewer.
    THROTTLED = 11_005;
    /// The call exceeds the limits of the plan.
    EXCEEDS_LIMITS = 11_006;
    /// The scopes of the key do not permit the call.
    INSUFFICIENT_SCOPES = 11_007;
    /// The key is not valid.
    KEY_INVALID = 11_008;
    /// The key does not exist.
    KEY_NOT_FOUND = 11_009;
    /// The body of the request could not be parsed.
    BAD_REQUEST_FORMAT = 11_100;
    /// The path or the resource does not exist.
    DOES_NOT_EXIST = 11_101;
    /// The request is not valid.
    INVALID_REQUEST = 11_102;
    /// The path does not accept this HTTP method.
    METHOD_NOT_ALLOWED = 11_103;

    /// The model version is trained and ready.
    MODEL_TRAINED = 21_100;
    /// The model version is being trained.
    MODEL_TRAINING = 21_101;
    /// The model version has never been trained.
    MODEL_UNTRAINED = 21_102;
    /// The model version is queued for training.
    MODEL_QUEUED_FOR_TRAINING = 21_103;
    /// The training failed.
    MODEL_TRAINING_FAILED = 21_106;
    /// The model version is being built.
    MODEL_BUILDING = 21_107;
    /// There are no inputs to train on.
    MODEL_TRAINING_NO_DATA = 21_110;
    /// No input has a positive annotation with a concept of the model.
    MODEL_TRAINING_NO_POSITIVES = 21_111;
    /// The training timed out.
    MODEL_TRAINING_TIMED_OUT = 21_113;
    /// The model does not exist.
    MODEL_DOES_NOT_EXIST = 21_200;
    /// The credentials do not permit the use of the model.
    MODEL_PERMISSION_DENIED = 21_201;
    /// The model does not support the call or its arguments.
    MODEL_INVALID_ARGUMENT = 21_202;
    /// The evaluation is done.
    MODEL_EVALUATED = 21_300;
    /// The evaluation is running.
    MODEL_EVALUATING = 21_301;
    /// The model version has never been evaluated.
    MODEL_NOT_EVALUATED = 21_302;
    /// The model version is queued for evaluation.
    MODEL_QUEUED_FOR_EVALUATION = 21_303;
    /// The model is being deployed.
    MODEL_DEPLOYING = 21_351;
    /// The model is busy: send the request again later.
    MODEL_BUSY = 21_354;
    /// The model is being loaded.
    MODEL_LOADING = 21_355;

    /// The workflow does not exist.
    WORKFLOW_DOES_NOT_EXIST = 22_102;

    /// The annotation is stored and accepted.
    ANNOTATION_SUCCESS = 24_150;
    /// The annotation waits to be made or accepted.
    ANNOTATION_PENDING = 24_151;
    /// The annotation failed.
    ANNOTATION_FAILED = 24_152;
    /// The annotation waits for a reviewer.
    ANNOTATION_AWAITING_REVIEW = 24_157;
    /// A reviewer has denied the annotation.
    ANNOTATION_REVIEW_DENIED = 24_158;
    /// The annotation waits until several annotators agree.
    ANNOTATION_AWAITING_CONSENSUS_REVIEW = 24_159;

    /// The input is stored and processed.
    INPUT_SUCCESS = 30_000;
    /// The input is waiting to be downloaded or processed.
    INPUT_PENDING = 30_001;
    /// The input could not be downloaded or processed.
    INPUT_FAILED = 30_002;
    /// The input is being processed.
    INPUT_IN_PROGRESS = 30_003;
    /// The input could not be deleted.
    INPUT_DELETE_FAILED = 30_005;
    /// An input with this id or URL is already stored.
    INPUT_DUPLICATE = 30_100;
    /// A video with this id or URL is already stored.
    INPUT_VIDEO_DUPLICATE = 31_100;
    /// The service does not support the file format.
    INPUT_UNSUPPORTED_FORMAT = 30_101;
    /// The input does not exist.
    INPUT_DOES_NOT_EXIST = 30_102;
    /// The credentials do not permit access to the input.
    INPUT_PERMISSION_DENIED = 30_103;
    /// An argument of the input is not valid.
    INPUT_INVALID_ARGUMENT = 30_104;
    /// The plan does not permit more inputs.
    INPUT_OVER_LIMIT = 30_105;
    /// The URL of the input is not valid.
    INPUT_INVALID_URL = 30_106;
    /// The change to the input is stored.
    INPUT_MODIFY_SUCCESS = 30_200;
    /// The change to the input is not stored yet.
    INPUT_MODIFY_PENDING = 30_201;
    /// The change to the input failed.
    INPUT_MODIFY_FAILED = 30_203;
    /// No input contains bytes that the service can read.
    ALL_INPUT_INVALID_BYTES = 30_300;

    /// The job is queued.
    JOB_QUEUED = 64_000;
    /// The job is running.
    JOB_RUNNING = 64_001;
    /// The job is completed.
    JOB_COMPLETED = 64_002;
    /// The job failed.
    JOB_FAILED = 64_003;
    /// The job was canceled.
    JOB_CANCELED = 64_004;
    /// The job failed with an unexpected error.
    JOB_UNEXPECTED_ERROR = 64_006;
    /// The job conflicts with another one.
    JOB_CONFLICT = 64_007;
    /// The input was added to the dataset.
    DATASET_INPUT_SUCCESS = 64_100;
    /// The dataset contains the input already.
    DATASET_INPUT_DUPLICATE = 64_101;

    /// The prediction request is not valid.
    PREDICT_INVALID_REQUEST = 40_001;
    /// The search is not valid.
    SEARCH_INVALID_REQUEST = 40_002;
    /// The request about concepts is not valid.
    CONCEPTS_INVALID_REQUEST = 40_003;

    /// An internal error of the service.
    INTERNAL_SERVER_ISSUE = 98_004;
    /// An internal timeout of the service.
    INTERNAL_UNEXPECTED_TIMEOUT = 98_009;
}
