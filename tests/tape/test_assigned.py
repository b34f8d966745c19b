"""Values that code and configuration assign to a name: masked where they look drawn."""

import json
from itertools import product

import pytest

from streamtape.secrets.scanner import default_search
from tests.tape.test_masking import written

SECRET = "q7Rk2mZx9vBt4cLwY3nD"

# One a line; `\n` is the end of a line within a form.
FORMS = r"""
api_key = "SECRET"
apiKey: 'SECRET'
apiKey: `SECRET`
api_key:SECRET
export OPENAI_API_KEY=SECRET
export OPENAI_API_KEY="SECRET"
GITHUB_TOKEN=SECRET
a=1\nGITHUB_TOKEN=SECRET\nb=2
$env:API_KEY = "SECRET"
ENV API_KEY SECRET
  token: "SECRET"
secret: SECRET
secret_key = SECRET ; a comment
[auth]\ntoken = SECRET
spring.datasource.password=SECRET
<add key="ApiKey" value="SECRET"/>
<config user="x" password='SECRET'/>
<api-key>SECRET</api-key>
<string name="api_key">SECRET</string>
<entry key="password">SECRET</entry>
<meta name="csrf-token" content="SECRET">
client = OpenAI(api_key='SECRET', timeout=3)
const client = new OpenAI({ apiKey: "SECRET" });
const API_KEY: string = "SECRET";
api_key: str | None = "SECRET"
os.environ["OPENAI_API_KEY"] = "SECRET"
headers['x-api-key'] = f"SECRET"
private static final String API_KEY = "SECRET";
NSString *apiKey = @"SECRET";
apiKey := "SECRET"
'api_key' => 'SECRET',
$api_key = 'SECRET';
define('API_KEY', 'SECRET');
localStorage.setItem("token", "SECRET")
api_key = SecretStr("SECRET")
API_KEY = os.getenv("OPENAI_API_KEY", "SECRET")
api_key = (\n    "SECRET"\n)
curl --api-key SECRET https://h.example
tool --token "SECRET"
mysql -u root --password=SECRET
curl -u user:SECRET https://h.example
requests.get(url, auth=("user", "SECRET"))
ALTER USER x WITH PASSWORD 'SECRET';
CREATE USER a IDENTIFIED BY 'SECRET';
machine h login u password SECRET
//registry.npmjs.org/:_authToken=SECRET
Authorization: token SECRET
Cookie: a=1; sid=SECRET; b=2
Set-Cookie: sid=SECRET; Path=/; HttpOnly
Cookie: a=1; prefs=SECRET; b=2
Set-Cookie: prefs=SECRET; Path=/abcDEF123/x; Domain=h.example
Secret key: SECRETaB12cD
- name: OPENAI_API_KEY\n  value: SECRET
- name: OPENAI_API_KEY\n  value: "SECRET"
api_keys:\n  - SECRET
password: |\n  SECRET
api_key:\n    "SECRET"
api_key: !!str SECRET
| API key | `SECRET` |
**API key:** `SECRET`
**API Key**: SECRET
API key: SECRET
Your API key is `SECRET`
Server=h;Database=d;User Id=u;Password=SECRET;
jdbc:mysql://h/d?user=u&password=SECRET
api_key=&quot;SECRET&quot;
DB_PASS=SECRET
API_KEY_2=SECRET
apiKeyProd: "SECRET"
self.token = "SECRET"
if token == "SECRET":
x-functions-key: SECRET
(setq api-key "SECRET")
--from-literal=api-key=SECRET
-Dapi.key=SECRET
Authorization: SSWS 00SECRETab
"""
BENIGN = r"""
api_key = "your-api-key"
api_key = "YOUR_API_KEY"
apiKey: process.env.OPENAI_API_KEY
api_key=os.environ["OPENAI_API_KEY"]
api_key = os.getenv("OPENAI_API_KEY_V2")
export OPENAI_API_KEY=${OPENAI_API_KEY}
export OPENAI_API_KEY="<your key>"
export API_KEY=your_api_key_here
token = "hello"
password = "password"
password: required
password = "changeme"
token = tokenizer.decode(ids[0])
token = base64Encode2(x)
token = response2.data1.accessToken3
key = "createdAt2"
"api_key": "{{api_key}}"
api_key: "{api_key}"
api_key=settings.OPENAI_API_KEY
token: Optional[str] = None
const token: string = getToken();
apiKey: z.string().min(20)
"token": "<|endoftext|>"
sort_key = "a2b3c4d5e6f7g8h9i0jk"
cache_key = "a2B3c4D5e6F7g8H9i0jK"
the password is incorrect2
token is invalid1
api_key = "test-key-123"
API_KEY=abc123
secret: my-secret-name-2
token: 2024-01-01T00:00:00Z
author: Jane2Doe99Smith
monkey = "a2B3c4D5e6F7g8H9i0jK"
public_key = "a2B3c4D5e6F7g8H9i0jK"
api_key = "sk-..."
auth: OAuth2PasswordBearer | None
key: Ed25519PrivateKey | X25519PrivateKey
credentials: "same-origin"
Cookie: theme=dark; lang=en
Set-Cookie: a=b; Path=/a1B2c3D4e5F6; Domain=a1B2c3D4e5F6.example
otp: a1b2c3
OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
password=make_password2(raw)
key=lambda x: x[1]
| api_key | string | Your API key |
keyPath: "/etc/ssl/private.key1"
if (keyExpr===c.child2&&x) {}
"""


def _lines(text: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in text.strip().splitlines()]


def _plain(text: str) -> str:
    return text


def _in_json(text: str) -> str:
    return json.dumps({"content": text})


def _in_json_twice(text: str) -> str:
    return json.dumps({"arguments": _in_json(text)})


def masked(text: str) -> str:
    """The text with what is found in it as a body masked."""
    data = bytearray(text.encode())
    for start, end, _ in default_search().find_in_body(bytes(data)):
        data[start:end] = b"*" * (end - start)
    return data.decode()


@pytest.mark.parametrize(("form", "spell"), [*product(_lines(FORMS), (_plain, _in_json))])
def test_assigned_values_are_masked_at_any_cut(form: str, spell: object) -> None:
    """The value and nothing else, wherever the body is cut, and in what was written till then."""
    assert callable(spell)
    text = str(spell(f"see\n{form.replace('SECRET', SECRET)}\nand on"))
    expected = masked(text)
    assert SECRET[4:12] not in expected
    assert masked(expected) == expected
    data = text.encode()
    for place in range(0, len(data) + 1, 3):
        final, states, _ = written([data[:place], data[place:]], default_search())
        assert final.decode() == expected
        assert not any(SECRET[8:16].encode() in state for state in states)


@pytest.mark.parametrize(
    "form", [form for form in _lines(FORMS) if "&quot;" not in form and "IDENTIFIED" not in form]
)
def test_code_in_json_in_json(form: str) -> None:
    """As a tool's arguments that hold code."""
    assert SECRET[4:12] not in masked(_in_json_twice(form.replace("SECRET", SECRET)))


@pytest.mark.parametrize(("form", "spell"), [*product(_lines(BENIGN), (_plain, _in_json))])
def test_code_and_placeholders_stay(form: str, spell: object) -> None:
    """What is called, looked up, typed, made of words, or to be replaced."""
    assert callable(spell)
    text = str(spell(f"see\n{form}\nand on"))
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"api_key":"SECRET',
        '{"a":{"token":"SECRET',
        'api_key = "SECRET',
        '{\\"token\\":\\"SECRET',
        '{"api_key":"SECRET\\',
        "apiKey: 'SECRET",
    ],
)
def test_a_value_that_the_end_cuts_off(text: str) -> None:
    """The connection was lost in the midst of it: no quote follows."""
    text = text.replace("SECRET", SECRET)
    assert SECRET[:8] not in masked(text)
    final, _, _ = written([text[:9].encode(), text[9:].encode()], default_search())
    assert final.decode() == masked(text)
    assert masked('{"token":"Hello') == '{"token":"Hello'


def test_passwords_that_somebody_made_up() -> None:
    """Beside a name that says password a short value with a digit will do."""
    for form in ("password = 'hunter2x'", 'db_password: "tr0ub4dor&3"', "pwd='Tr0ub,4dor;3'"):
        assert "*" * 8 in masked(f"see\n{form}\n"), form
