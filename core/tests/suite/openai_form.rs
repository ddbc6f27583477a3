//! The OpenAI form: what is sent, what is refused, unknown members, and the accumulators.

use clarifai_core::error::ErrorKind;
use clarifai_core::models::ModelRef;
use clarifai_core::openai::{
    ChatAccumulator, ChatChunk, ChatCompletion, ChatMessage, ContentPart, CreateChatCompletion, CreateEmbeddings,
    CreateResponse, GenerateImages, ListModels, ModelEntry, ResponseAccumulator, ResponseEvent, Tool,
};
use clarifai_core::testing::MockTransport;
use clarifai_core::{AppRef, Config, Credentials, Error, Exchange, Operation, StreamOperation, machine::StreamCall};
use http::Response;
use serde_json::{Value, json};

const MODEL: &str = "https://clarifai.com/openai/chat-completion/models/gpt-4o";

fn config() -> Config {
    Config::new(Credentials::personal_access_token("sentinel-token").unwrap())
}

/// Returns the method, the path and the body of a request.
fn sent(operation: impl Operation) -> (String, String, Value) {
    let (request, _) = Exchange::new(&config(), operation).unwrap().into_parts();
    let body = request.body().to_bytes();
    let json = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (request.method().to_string(), request.uri().path().to_owned(), json)
}

fn streamed(operation: &impl StreamOperation) -> Value {
    serde_json::from_slice(&operation.stream_body().unwrap().to_bytes()).unwrap()
}

fn parse<O: Operation>(operation: O, body: &Value) -> Result<O::Output, Error> {
    Exchange::new(&config(), operation)?.parse(Response::new(body.to_string()))
}

fn post(path: &str, body: Value) -> (String, String, Value) {
    ("POST".to_owned(), format!("/v2/ext/openai/v1/{path}"), body)
}

#[test]
fn chat_with_text_image_tools_and_schema_is_sent_as_documented() {
    let schema = json!({"type": "object", "properties": {"color": {"type": "string"}}});
    let chat = CreateChatCompletion::new(MODEL)
        .system("You are a helpful assistant.")
        .message(ChatMessage::user("What color is it?").with_image("https://samples.clarifai.com/metro-north.jpg"))
        .tool(Tool::function("get_weather", "Returns the weather.", json!({"type": "object"})))
        .tool_choice("auto")
        .json_schema("answer", schema.clone())
        .temperature(0.5)
        .max_tokens(100)
        .set("top_k", 40);
    let expected = json!({
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": [
                {"type": "text", "text": "What color is it?"},
                {"type": "image_url", "image_url": {"url": "https://samples.clarifai.com/metro-north.jpg"}},
            ]},
        ],
        "tools": [{"type": "function", "function":
            {"name": "get_weather", "description": "Returns the weather.", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
        "temperature": 0.5,
        "max_tokens": 100,
        "top_k": 40,
    });
    assert_eq!(sent(&chat), post("chat/completions", expected.clone()));
    let mut with_stream = expected;
    with_stream["stream"] = true.into();
    assert_eq!(streamed(&chat), with_stream);
}

#[test]
fn a_conversation_with_the_result_of_a_tool_is_sent_back_as_it_was_received() {
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]});
    let message = ChatMessage::try_from(call.clone()).unwrap();
    let chat = CreateChatCompletion::new("u/a/models/m")
        .user("Weather?")
        .message(message)
        .message(ChatMessage::tool("t1", ""));
    let mut call = call;
    call.as_object_mut().unwrap().remove("content");
    let (_, _, body) = sent(chat);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": "Weather?"}, call, {"role": "tool", "content": "", "tool_call_id": "t1"},
        ])
    );
}

#[test]
fn an_image_in_memory_becomes_a_data_url() {
    let message = ChatMessage::user("?").with_image_bytes("image/jpeg", &[0xff, 0xd8, 0xff, 0xd9]);
    let (_, _, body) = sent(CreateChatCompletion::new("u/a/models/m").message(message));
    assert_eq!(body["messages"][0]["content"][1]["image_url"]["url"], "data:image/jpeg;base64,/9j/2Q==");
}

#[test]
fn the_other_requests_are_sent_as_documented() {
    let embed = CreateEmbeddings::new("openai/embed/models/text-embedding-ada-002");
    assert_eq!(
        sent(embed.clone().text("Hello")),
        post("embeddings", json!({"model": "openai/embed/models/text-embedding-ada-002", "input": "Hello"})),
    );
    let (_, _, body) = sent(embed.texts(["a", "b"]).dimensions(8));
    assert_eq!((&body["input"], &body["dimensions"]), (&json!(["a", "b"]), &json!(8)));

    let images = GenerateImages::new("u/a/models/m", "A cat").count(2).size("1024x1024");
    let body = json!({"model": "u/a/models/m", "prompt": "A cat", "n": 2, "size": "1024x1024"});
    assert_eq!(sent(images), post("images/generations", body));

    let response = CreateResponse::new("u/a/models/m", "What is it?").max_output_tokens(150);
    let body = json!({"model": "u/a/models/m", "input": "What is it?", "max_output_tokens": 150});
    assert_eq!(sent(&response), post("responses", body));
    assert_eq!(streamed(&response)["stream"], true);
    let (_, _, body) = sent(response.image("https://u/i.jpg"));
    assert_eq!(
        body["input"],
        json!([{"role": "user", "content": [
        {"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": "https://u/i.jpg"}]}])
    );

    let list = ("GET".to_owned(), "/v2/ext/openai/v1/models".to_owned(), Value::Null);
    assert_eq!(sent(ListModels::new()), list);
}

#[test]
fn the_default_app_of_the_client_does_not_change_the_path() {
    let config = config().with_app(AppRef::new("me", "mine"));
    let exchange = Exchange::new(&config, ListModels::new()).unwrap();
    assert_eq!(exchange.request().uri().path(), "/v2/ext/openai/v1/models");
}

#[test]
fn a_model_is_addressed_by_web_address_path_short_id_or_reference() {
    let model = |chat: CreateChatCompletion| sent(chat.user("a")).2["model"].clone();
    let reference = || ModelRef::from("gpt-4o").in_app(AppRef::new("openai", "chat-completion"));
    assert_eq!(model(CreateChatCompletion::new(MODEL)), MODEL);
    assert_eq!(
        model(CreateChatCompletion::new("openai/chat-completion/models/gpt-4o")),
        "openai/chat-completion/models/gpt-4o"
    );
    assert_eq!(model(CreateChatCompletion::new("gpt-oss-120b")), "gpt-oss-120b");
    assert_eq!(model(CreateChatCompletion::new(reference())), MODEL);
    assert_eq!(model(CreateChatCompletion::new(reference().with_version("v1"))), format!("{MODEL}/versions/v1"));
}

/// Returns the argument that the operation is refused for.
fn refused(operation: impl Operation) -> String {
    match Exchange::new(&config(), operation).map(drop).map_err(|error| error.to_string() + "|" + &argument(&error)) {
        Err(text) => text.rsplit('|').next().unwrap().to_owned(),
        Ok(()) => panic!("the request was accepted"),
    }
}

fn argument(error: &Error) -> String {
    match error.kind() {
        ErrorKind::InvalidArgument(invalid) => invalid.argument().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn invalid_arguments_are_refused_by_name() {
    let chat = |model: &str| CreateChatCompletion::new(model).user("a");
    let m = "u/a/models/m";
    let no_text = CreateChatCompletion::new(m).user("a").user("");
    let no_parts = ChatMessage::new("user", Vec::<ContentPart>::new());
    for (found, argument) in [
        (refused(CreateChatCompletion::new(m)), "messages"),
        (refused(no_text), "messages[1] content"),
        (refused(CreateChatCompletion::new(m).message(no_parts)), "messages[0] content"),
        (refused(CreateChatCompletion::new(m).message(ChatMessage::new("", "a"))), "messages[0] role"),
        (refused(CreateChatCompletion::new(m).message(ChatMessage::tool("", "a"))), "messages[0] tool_call_id"),
        (refused(chat("")), "model"),
        (refused(chat("https://example.com/u/a/models/m")), "model"),
        (refused(chat("https://clarifai.com.example.com/u/a/models/m")), "model"),
        (refused(chat("https://clarifai.com/u/a/workflows/m")), "model"),
        (refused(CreateChatCompletion::new(ModelRef::from("m")).user("a")), "model"),
        (refused(chat(m).temperature(3.0)), "temperature"),
        (refused(chat(m).temperature(f64::NAN)), "temperature"),
        (refused(chat(m).top_p(-0.5)), "top_p"),
        (refused(chat(m).max_tokens(0)), "max_tokens"),
        (refused(chat(m).set("messages", "x")), "messages"),
        (refused(chat(m).set("stream", true)), "stream"),
        (refused(chat(m).tool(Tool::function("a b", "", json!({})))), "tools[0] name"),
        (refused(chat(m).tool(Tool::function("a", "", json!([])))), "tools[0] parameters"),
        (refused(CreateEmbeddings::new(m)), "input"),
        (refused(CreateEmbeddings::new(m).text("a").text("")), "input[1] text"),
        (refused(CreateEmbeddings::new(m).text("a").dimensions(0)), "dimensions"),
        (refused(GenerateImages::new(m, " ")), "prompt"),
        (refused(GenerateImages::new(m, "a").count(0)), "n"),
        (refused(CreateResponse::new(m, "")), "input"),
        (refused(CreateResponse::new(m, json!(["a"]))), "input"),
        (refused(CreateResponse::new(m, 5)), "input"),
    ] {
        assert_eq!(found, argument);
    }
    let image = ChatMessage::user("a").with_image("ftp://u/i.jpg");
    assert!(refused(CreateChatCompletion::new(m).message(image)).starts_with("messages[0] content"));
}

#[test]
fn members_without_a_field_are_kept_and_written_again() {
    let body = json!({
        "id": "c", "object": "chat.completion", "created": 1_700_000_000, "model": "m", "service_tier": "default",
        "choices": [{"index": 0, "finish_reason": "stop", "seed": 5, "message": {
            "role": "assistant", "content": "a", "audio": {"id": "x"}, "tool_calls": [
                {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}", "strict": true}, "z": 1},
            ],
        }}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 0}, "cost": 0.25},
    });
    let completion = parse(CreateChatCompletion::new("u/a/models/m").user("a"), &body).unwrap();
    assert_eq!(completion.other["service_tier"], "default");
    assert_eq!(completion.message().unwrap().other["audio"]["id"], "x");
    assert_eq!(completion.usage.as_ref().unwrap().other["cost"], 0.25);
    assert_eq!(Value::from(completion.clone()), body);
    assert_eq!(ChatCompletion::try_from(body).unwrap(), completion);
    assert!(ChatCompletion::try_from(json!([])).is_err());
}

#[test]
fn a_response_without_its_content_is_invalid() {
    let chat = || CreateChatCompletion::new("u/a/models/m").user("a");
    let embed = || CreateEmbeddings::new("u/a/models/m").text("a").text("b");
    let vector = |index: u32| json!({"index": index, "embedding": [0.5, index]});
    let is_invalid = |error: Error| matches!(error.kind(), ErrorKind::InvalidResponse(_));
    assert!(is_invalid(parse(chat(), &json!({})).unwrap_err()));
    assert!(is_invalid(parse(embed(), &json!({"data": [vector(0)]})).unwrap_err()), "one vector for two texts");
    assert!(is_invalid(parse(embed(), &json!({"data": [vector(0), {"index": 1}]})).unwrap_err()));
    assert!(is_invalid(parse(GenerateImages::new("u/a/models/m", "a"), &json!({})).unwrap_err()));
    assert!(is_invalid(parse(CreateResponse::new("u/a/models/m", "a"), &json!({})).unwrap_err()));
    assert!(is_invalid(parse(ListModels::new(), &json!({})).unwrap_err()));

    let embeddings = parse(embed(), &json!({"data": [vector(1), vector(0)], "usage": {"total_tokens": 2}})).unwrap();
    assert_eq!(embeddings.vectors().collect::<Vec<_>>(), [[0.5, 0.0], [0.5, 1.0]], "in the order of the texts");
}

#[test]
fn the_list_of_models_is_read_in_three_forms() {
    let entries = json!([{"id": "a", "owned_by": "u"}, {"id": "b", "context": 8}]);
    for body in [entries.clone(), json!({"object": "list", "data": entries}), json!({"models": entries})] {
        let models = parse(ListModels::new(), &body).unwrap();
        assert_eq!(models.iter().map(|model: &ModelEntry| &*model.id).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(models[1].other["context"], 8);
    }
}

#[test]
fn raw_json_needs_no_status() {
    let chat = CreateChatCompletion::new("u/a/models/m").user("a");
    let body = json!({"choices": [], "x": 1});
    assert_eq!(parse(chat.clone().raw(), &body).unwrap().json, body);
    assert_eq!(parse(ListModels::new().raw(), &json!([{"id": "a"}])).unwrap().json, json!([{"id": "a"}]));
    let error = parse(chat.clone().raw(), &json!({"error": {"message": "no", "type": "server_error"}})).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Api(_)), "{error:?}");
    let html = Exchange::new(&config(), chat.raw()).unwrap().parse(Response::new("<html>")).unwrap_err();
    assert!(matches!(html.kind(), ErrorKind::InvalidResponse(_)), "{html:?}");
}

#[test]
fn generated_images_are_decoded() {
    let body = json!({"created": null, "usage": null, "data": [{"b64_json": "/9j/2Q=="}, {"url": "https://u/i.png"}]});
    let images = parse(GenerateImages::new("u/a/models/m", "a"), &body).unwrap();
    assert_eq!(images.images()[0].bytes(), Some(vec![0xff, 0xd8, 0xff, 0xd9]));
    assert_eq!((images.images()[1].bytes(), images.images()[1].url.as_deref()), (None, Some("https://u/i.png")));
}

fn accumulate(chunks: &[Value]) -> ChatCompletion {
    let mut whole = ChatAccumulator::new();
    for chunk in chunks {
        whole.push(&ChatChunk::try_from(chunk.clone()).unwrap());
    }
    whole.finish()
}

#[test]
fn chunks_become_the_whole_message_with_interleaved_tool_calls() {
    let delta =
        |delta: Value| json!({"id": "c", "model": "m", "created": 5, "choices": [{"index": 0, "delta": delta}]});
    let call = |index: u32, call: Value| {
        let mut call = call;
        call["index"] = index.into();
        delta(json!({"tool_calls": [call]}))
    };
    let whole = accumulate(&[
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning_content": "Let me "})),
        delta(json!({"reasoning_content": "think."})),
        delta(json!({"content": "One "})),
        delta(json!({"content": "moment."})),
        call(1, json!({"id": "t1", "type": "function", "function": {"name": "second", "arguments": "{\"b\""}})),
        call(0, json!({"id": "t0", "type": "function", "function": {"name": "first", "arguments": ""}})),
        call(1, json!({"function": {"arguments": ":2}"}})),
        call(0, json!({"function": {"arguments": "{\"a\":1}"}})),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 6, "total_tokens": 10}}),
    ]);
    let message = whole.message().unwrap();
    assert_eq!((&*whole.id, &*whole.model, whole.created), ("c", "m", Some(5)));
    assert_eq!((&*message.role, message.text()), ("assistant", Some("One moment.")));
    assert_eq!(message.reasoning_content.as_deref(), Some("Let me think."));
    let calls: Vec<_> = message.tool_calls().iter().map(|call| (&*call.id, call.function.as_ref().unwrap())).collect();
    assert_eq!(
        (calls[0].0, &*calls[0].1.name, calls[0].1.parse_arguments().unwrap()),
        ("t0", "first", json!({"a": 1}))
    );
    assert_eq!(
        (calls[1].0, &*calls[1].1.name, calls[1].1.parse_arguments().unwrap()),
        ("t1", "second", json!({"b": 2}))
    );
    assert_eq!(whole.choices()[0].finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(whole.usage.unwrap().total_tokens, Some(10));
}

#[test]
fn alternatives_are_joined_by_index() {
    let chunk = |index: u32, text: &str| json!({"choices": [{"index": index, "delta": {"content": text}}]});
    let whole = accumulate(&[chunk(1, "b"), chunk(0, "a"), chunk(1, "B"), chunk(0, "A")]);
    let texts: Vec<_> = whole.choices().iter().map(|choice| choice.message.as_ref().unwrap().text().unwrap()).collect();
    assert_eq!(texts, ["aA", "bB"]);
}

#[test]
fn events_of_a_response_become_the_whole_response() {
    let finished = json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "Good day."}]}]}});
    let body = [
        json!({"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Good "}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "day."}),
        finished,
    ];
    let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    let text = body.iter().map(event).collect::<Vec<_>>().concat();
    let mut transport = MockTransport::new().expect("POST", "/v2/ext/openai/v1/responses").reply_bytes(200, text);
    let call = StreamCall::new(&config(), CreateResponse::new("u/a/models/m", "Hello"));
    let (events, result) = transport.stream(call);
    result.unwrap();
    assert_eq!(events.iter().filter_map(ResponseEvent::text_delta).collect::<String>(), "Good day.");

    let join = |events: &[ResponseEvent]| {
        let mut whole = ResponseAccumulator::new();
        for event in events {
            whole.push(event);
        }
        (whole.is_finished(), whole.finish().text())
    };
    assert_eq!(join(&events), (true, "Good day.".to_owned()));
    assert_eq!(join(&events[..4]), (false, "Good day.".to_owned()), "what arrived before a cut is not lost");
}
