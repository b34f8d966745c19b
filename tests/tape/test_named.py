"""Secrets that are known by the name beside them, and the words and counts that are none."""

import json

import pytest

from streamtape.secrets.names import field_kind, kind_of
from streamtape.secrets.scanner import default_search
from streamtape.secrets.unescape import unescaped

SECRET = "q7Rk2mZx9vBt4cLw"


def masked(text: str) -> str:
    """The text with what is found as a body masked."""
    data = bytearray(text.encode())
    for start, end, _ in default_search().find_in_body(bytes(data)):
        data[start:end] = b"*" * (end - start)
    return data.decode()


@pytest.mark.parametrize(
    "name",
    [
        "Authentication",
        "X-Authentication",
        "authkey",
        "auth_key",
        "sessionkey",
        "session-key",
        "otp",
        "X-OTP",
        "client_assertion",
        "code_verifier",
        "aUtHoRiZaTiOn",
        "X-aPi-kEy",
        "APIKEYS",
        "access_tokens",
        "x-auth-tokens",
        "clientSecrets",
        "ApiToken",
        "userPassword",
        "creds",
        "X-MFA",
        "PHPSESSID",
        "pw",
        "SAMLResponse",
        "saml_assertion",
        "oauth_verifier",
        "one-time-code",
        "recovery_code",
        "Backup-Code",
        "authorization_code",
        "connection_string",
        "api_sig",
        "verification_code",
        "password_confirmation",
        "X-CSRF",
        "xsrf",
        "wpa_psk",
        "privkey",
        "appkey",
        "dbpass",
        "X-Honeycomb-Team",
        "X-JFrog-Art-Api",
    ],
)
def test_secret_names(name: str) -> None:
    """Compounds, plurals, odd case."""
    assert kind_of(name) == "name"


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens",
        "max_token",
        "min_token",
        "token_count",
        "token-limit",
        "tokens",
        "key_ttl",
        "total_tokens",
        "token_type",
        "primary_key",
        "prompt_tokens",
        "monkey",
        "keyboard",
    ],
)
def test_harmless_names(name: str) -> None:
    """Counts, limits, and words that only contain one."""
    assert kind_of(name) is None or field_kind(name) is None


FIELDS = [
    "password_confirmation", "passwordConfirm", "password_again", "new_password_repeat",
    "apiKeyText", "ephemeral_key", "ephemeralKey", "stream_key", "tls_key", "ssl_key", "sas_key",
    "priv_key", "privkey", "private_key_pem", "csrf", "xsrf", "bearer", "wpa_psk", "psk",
    "pass_phrase", "auth_code", "authorization_code", "authHeader", "basic_auth",
    "authorizationHeader", "RABBITMQ_DEFAULT_PASS", "ansible_become_pass", "bind_pw", "adminPass",
    "cookie", "__RequestVerificationToken", "x-goog-iam-authorization-token",
    "next-auth.session-token", "page_access_token", "NPM_TOKEN", "netlify_token", "notion_token",
    "minio_token", "maxmind_token", "ngrok_authtoken", "textract_token", "totalview_token",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("secret", [SECRET, "9f86d081884c7d659a2feaa0c55ad015"])
def test_names_of_fields(name: str, secret: str) -> None:
    """Compounds of every case, and what stands behind a name: in JSON, on a line."""
    for text in ('{"a":1,"NAME":"SECRET"}', '{\\"NAME\\":\\"SECRET\\"}', "NAME: SECRET\n"):
        planted = text.replace("NAME", name).replace("SECRET", secret)
        assert secret not in masked(planted), planted
        assert name in masked(planted)


@pytest.mark.parametrize(
    "name",
    [
        "next_page_token",
        "nextPageToken",
        "prevPageToken",
        "continuationToken",
        "sync_token",
        "nextSyncToken",
        "page_token",
        "cursorToken",
        "completion_token",
        "prompt_token",
        "public_token",
        "n_tokens",
        "max_new_tokens",
        "cached_tokens",
        "input_audio_tokens",
        "bos_token",
        "pad_token",
        "compass",
        "bypass",
        "ms_pass2",
        "thought_tokens",
        "special_tokens",
        "primary_key",
    ],
)
def test_names_of_places_and_counts_stay(name: str) -> None:
    """Where the next page begins, counts, marks of tokenizers: nobody's secret."""
    text = f'{{"{name}":"{SECRET}aB3d"}}'
    assert masked(text) == text


def test_a_password_with_entities() -> None:
    """`&amp;` within an element is part of its value."""
    text = "<a><password>Tr0ub4dor&amp;3xy&#x21;z</password><b>&amp;</b></a>"
    assert masked(text) == f"<a><password>{'*' * 24}</password><b>&amp;</b></a>"


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"api_key","type":"string","value":"SECRET"}',
        '[{"key": "X-Api-Key", "type": "text", "enabled": true, "value": "SECRET"}]',
        '{"key":"TOKEN","protected":false,"environment":null,"n":3,"value":"SECRET"}',
        'data: {"api_key":\ndata: "SECRET"}\n\n',
    ],
)
def test_what_stands_between_a_name_and_its_value(text: str) -> None:
    """Other short fields, the beginning of the next line of an event."""
    assert masked(text.replace("SECRET", SECRET)) == text.replace("SECRET", "*" * len(SECRET))


@pytest.mark.parametrize(
    "text",
    [
        '{"token":"SECRET"}',
        '{"secret": "SECRET"}',
        '{"jwt":"SECRET"}',
        '{"pwd":"hunter22"}',
        '{"tOkEn":"SECRET"}',
        '{"aPi_KeY":"short1"}',
        '{"key":"SECRETaB12cD"}',
        '{"otp":"483920"}',
        '{"recovery_code":"483920"}',
        '{"oneTimeCode":"483920"}',
        '{"SAMLResponse":"SECRET"}',
        '{"device_code":"SECRET"}',
        '{"ssh_key":"SECRET"}',
        '{"client_secret": {"value": "SECRET"}}',
        '{"client_secret":{"id":1,"value":"SECRET"}}',
        '{"api_keys": ["SECRET", "SECRET"]}',
        '[["x-api-key", "SECRET"]]',
        "('x-api-key', 'SECRET')",
        '{"name": "password", "value": "SECRET"}',
        "{'Authentication': 'SECRET'}",
        '{\\"token\\":\\"SECRET\\"}',
        "<password>SECRET</password>",
        "<ns:token>SECRET</ns:token>",
        "x-api-key: SECRET",
        "curl -H 'X-Auth-Token: SECRET'",
        "password=SECRET",
        "token=SECRET&a=b",
        "access_token=SECRET",
        '{"u":"https://a.example/cb#access_token=SECRET&state=1"}',
        "https://h.example/?a=1\\u0026api_key=SECRET",
        '{"code_verifier":"SECRET"}',
        '{"authkey":"SECRET"}',
        '{"sessionkey":"SECRET"}',
        '{"Cookie":"sid=SECRET"}',
        '{"\\u0074oken":"SECRET"}',
        '{"token":"\\u00717Rk2mZx9vBt4cLw"}',
        "a%26api_key%3DSECRET",
        "%22api_key%22%3A%22SECRET%22",
        "authentication: SECRET",
        '{"newPassword": "geheim"}',
    ],
)
def test_values_beside_names(text: str) -> None:
    """Fields, parameters, lists, objects, elements, lines; spelled plainly or with escapes."""
    planted = text.replace("SECRET", SECRET)
    for secret in (SECRET, "hunter22", "short1", "483920", "geheim", "u00717Rk2mZx9vBt4cLw"):
        if secret in planted:
            assert secret not in masked(planted), text
            break
    else:
        pytest.fail("nothing was planted")
    assert masked(masked(planted)) == masked(planted)


@pytest.mark.parametrize(
    "text",
    [
        '{"token":" Hello"}',
        '{"token":"function"}',
        '{"token":"2024-01-01T00:00:00Z"}',
        '{"max_tokens":"4096"}',
        '{"token": 12345678901234}',
        '{"token":"123456789012345678"}',
        '{"logprobs":[{"token":"utf8","bytes":[1]},{"token":"base64"}]}',
        '{"secret":"santa"}',
        '{"pwd":"/home/user/x1"}',
        '{"key":"a-stable-cache-name-2024"}',
        '{"key":"user.name"}',
        '{"cookie":"chocolate chip"}',
        '{"auth":"oauth2"}',
        '{"password":{"type":"string"}}',
        '{"next_page_token":"aB3dE6gH9jaB3dE6gH9j"}',
        '{"token_type":"bearer"}',
        '{"signature":"EqQBCgIYAhIMaB3dE6gH9jaB3d"}',
        "the token: it is a word",
        "password: required",
        '{"tokens":["the","quick","brown"]}',
        '{"keys":["id","name","createdAt2"]}',
        '{"api_key":"YOUR_API_KEY"}'.lower().replace("your_", "your-"),
        "key=value",
        "token=token",
        '{"prompt_cache_key":"aB3dE6gH9jaB3dE6gH9jaB3d"}',
        '{"public_key":"aB3dE6gH9jaB3dE6gH9jaB"}',
        "max_tokens=1024",
        "50% of token",
        "the secret: of success",
        '{"required":["token","secret"]}',
    ],
)
def test_words_and_counts_stay(text: str) -> None:
    """Words of a text, numbers, dates, paths, schemas, placeholders, other people's names."""
    assert masked(text) == text


def test_escapes_are_undone_with_the_way_back() -> None:
    """Each span of the plain text has its place in the original."""
    text = rb"a\u0073k%2Fx\/\\u0041 \u00e9 %zz 100% \n"
    bare = unescaped(text)
    assert bare.text == rb"ask/x/A \u00e9 %zz 100% \n"
    for start in range(len(bare.text)):
        for end in range(start + 1, len(bare.text) + 1):
            first, last = bare.original(start, end)
            assert unescaped(text[first:last]).text == bare.text[start:end]


@pytest.mark.parametrize(
    "spelled", ["\\u0073k-proj-", "sk\\u002dproj-", "sk%2Dproj%2D", "sk%252Dproj%25252D"]
)
def test_a_key_with_escapes_is_masked_whole(spelled: str) -> None:
    """The escapes are masked with the rest, so that what is left is JSON."""
    text = json.dumps({"a": 1})[:-1] + f', "b": "{spelled}{SECRET}{SECRET}"}}'
    assert json.loads(masked(text))["b"].strip("*") == ""


def test_a_field_of_a_multipart_form() -> None:
    """Its name stands in the head of its part, and a file's part is a part."""
    for more in ("", '; filename="x.txt"', "\r\nContent-Type: text/plain"):
        head = f'Content-Disposition: form-data; name="password"{more}'
        text = f"--zz\r\n{head}\r\n\r\n{SECRET}\r\n--zz--"
        assert masked(text) == text.replace(SECRET, "*" * len(SECRET))
        assert masked(text.replace("password", "note")) == text.replace("password", "note")
