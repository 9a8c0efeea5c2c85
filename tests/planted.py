"""Personal data and secrets as people and programs write them, all made up: rule, what must go, a text around it."""

from __future__ import annotations

from typing import NamedTuple

PEM = "-----BEGIN {0}PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 3


class Planted(NamedTuple):
    """One value of a rule and a text that holds it; `secret` must not be left, `kept` must."""

    rule: str
    secret: str
    text: str
    kept: str = ""


def _plant(rule: str, *pairs: tuple[str, str]) -> list[Planted]:
    return [Planted(rule, secret, text.replace("@@", secret), text.split("@@")[0]) for secret, text in pairs]


PLANTED = [
    *_plant(
        "email",
        ("jan.doe@example.com", "Write to @@."),
        ("j.m+news@mail.example.co.uk", "(@@)"),
        ("JÖRG.MÜLLER@müller-söhne.de", "Mail: @@, danke"),
        ("o'brien_7@sub.example.museum", "<@@>"),
        ("eva%40example.org", "https://shop.example/?mail=@@&x=1"),
        ("kim@example.dev", "mailto:@@?subject=hi"),
        ("a@b.io", '{"to":"@@"}'),
    ),
    *_plant(
        "phone",
        ("+49 30 901820", "Tel. @@"),
        ("+49 (0)151/234-56789", "mobil @@,"),
        ("0049 151 23456789", "Ruf @@ an"),
        ("+1 (202) 555-0143", "call @@ today"),
        ("+12025550143", "tel:@@"),
        ("+44 20 7946 0958", "London: @@."),
        ("+44 7911 123456", "(@@)"),
        ("+33 6 12 34 56 78", "Portable : @@"),
        ("+33.1.23.45.67.89", "Fixe @@ ou mail"),
        ("+43 1 58858-0", "Wien @@"),
        ("+41 44 668 18 00", "Zürich @@"),
        ("+34 912 34 56 78", "Madrid\u00a0@@"),
        ("+91 98765 43210", "India @@"),
        ("+81-3-1234-5678", "Tokyo @@"),
    ),
    *_plant(
        "card",
        ("4111 1111 1111 1111", "Card @@ exp 12/29"),
        ("4111111111111111", "pan=@@"),
        ("5500-0000-0000-0004", "MC @@, thanks"),
        ("3782 822463 10005", "Amex @@"),
        ("6011111111111117", "Discover: @@."),
        ("3530111333300000", "JCB @@"),
        ("30569309025904", "Diners @@"),
        ("4222222222222", "old Visa @@"),
    ),
    *_plant(
        "iban",
        ("DE89 3704 0044 0532 0130 00", "IBAN @@ BIC COBADEFFXXX"),
        ("GB82WEST12345698765432", "to @@."),
        ("FR14 2004 1010 0505 0001 3M02 606", "compte @@"),
        ("NL91-ABNA-0417-1643-00", "rek. @@"),
        ("AT611904300234573201", "Konto: @@"),
        ("ES91 2100 0418 4502 0005 1332", "cuenta @@, gracias"),
        ("de89370400440532013000", "iban=@@"),
        ("CH93 0076 2011 6238 5295 7", "Konto @@"),
    ),
    *_plant(
        "national_id",
        ("536-90-4399", "SSN @@"),
        ("536904399", "my social security number is @@"),
        ("36 574 261 809", "Steuer-ID @@"),
        ("36574261809", "IdNr. @@."),
        ("AB 12 34 56 C", "NI number @@"),
        ("JG103759A", "NINO: @@"),
        ("943 476 5870", "NHS no. @@"),
        ("2 95 10 99 126 111 93", "NIR @@"),
        ("295109912611193", "sécu @@"),
        ("54362315-K", "DNI @@"),
        ("X2482300W", "NIE @@"),
        ("RCCMNL83S18D969H", "CF @@"),
        ("111222333", "BSN: @@"),
        ("85.07.30-033.28", "rijksregister @@"),
        ("44051401359", "PESEL @@"),
        ("131052-308T", "hetu @@"),
        ("15108695088", "fnr @@"),
        ("880320-0016", "personnummer @@"),
        ("756.9217.0769.85", "AHV @@"),
        ("390.533.447-05", "CPF @@"),
        ("2341 2341 2346", "Aadhaar @@"),
        ("BOXW310820HNERXN09", "CURP @@"),
        ("360426199101010071", "ID @@"),
    ),
    *_plant(
        "ip",
        ("192.168.17.20", "from @@ port 22"),
        ("8.8.4.4", "dns @@,"),
        ("10.1.2.3", "http://@@:8080/x"),
        ("2001:db8:85a3::8a2e:370:7334", "host @@ up"),
        ("fe80::1ff:fe23:4567:890a", "[@@]:443"),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", "addr @@"),
    ),
    *_plant(
        "api_key",
        ("sk-ant-api03-abcDEF123456_-ghiJKL7890", "key @@"),
        ("sk-proj-abcdefghij0123456789ABCD", "OPENAI_API_KEY=@@"),
        ("sk-abcdefghijklmnopqrst0123456789", "'@@'"),
        ("AKIAIOSFODNN7EXAMPLE", "id @@"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEK3Y", "aws_secret_access_key = @@"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "token @@"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrst", "use @@"),
        ("glpat-abcdefghij0123456789", "PRIVATE-TOKEN: @@"),
        ("xoxb-123456789012-abcdefABCDEF", "bot @@"),
        ("T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", "https://hooks.slack.com/services/@@"),
        ("sk_live_0123456789abcdefABCDEF", "stripe @@"),
        ("rk_live_0123456789abcdefABCDEF", "stripe @@"),
        ("AIzaSyA0123456789abcdefghijklmnopqrstuv", "maps key=@@"),
        ("SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "sendgrid @@"),
        ("SK0123456789abcdef0123456789abcdef", "twilio @@"),
        ("npm_0123456789abcdefghijABCDEFGHIJ012345", "//registry/:_authToken=@@"),
        ("pypi-AgEIcHlwaS5vcmcCJDAxMjM0NTY3ODlhYmNkZWY", "upload @@"),
        ("hf_abcdefghijABCDEFGHIJ0123456789abcd", "hub @@"),
        ("sk-lf-01234567-89ab-cdef-0123-456789abcdef", "langfuse @@"),
        ("ll_ingest_abcdefghij0123456789ABCDEFGHIJ0123456789abc", "leadline @@"),
        (
            "bXlzdG9yYWdla2V5MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A=",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=@@;EndpointSuffix=core",
        ),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "jwt @@"),
        ("abcdef0123456789abcdef0123456789", "Authorization: Bearer @@"),
        ("YWxhZGRpbjpvcGVuc2VzYW1l", "Authorization: Basic @@"),
        ("123456789:AAabcdefghijklmnopqrstuvwxyz0123456", "telegram bot @@"),
        ("hvs.abcdefghij0123456789ABCD", "vault @@"),
        ("gsk_abcdefghij0123456789ABCDEFGH", "groq @@"),
        ("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "client_secret: '@@'"),
    ),
    *_plant(
        "private_key",
        (PEM.format("RSA ") + "-----END RSA PRIVATE KEY-----", "key:\n@@\nbye"),
        (PEM.format(""), "cut: @@"),
        (PEM.format("OPENSSH ").replace("\n", "\\n") + "-----END OPENSSH PRIVATE KEY-----", '{"key":"@@"}'),
        (PEM.format("").split("\n", 1)[1] + "-----END PRIVATE KEY-----", "rest: @@ done"),
    ),
    *_plant(
        "password",
        ("s3cr3t!pw", "postgres://app:@@@db.example.com:5432/x"),
        ("hunter2", "https://x.example/?password=@@&y=1"),
        ("Tr0ub4dor&3", "Password: @@"),
        ("correcthorse", '{"password": "@@"}'),
        ("correcthorse", r"{\"db_password\":\"@@\"}"),
        ("geheim-2026", "Das Passwort lautet @@."),
        ("letmein", "DB_PASSWORD=@@\nDEBUG=1"),
        ("opensesame", "user: app\npassword: @@\nport: 1"),
        ("Zebra#77", "my password is @@, ok?"),
        ("clave99", "contraseña: @@"),
        ("p4ssw0rd", "mysql -u root --password=@@"),
    ),
]
"""More than a hundred values over all rules."""

HARMLESS = (
    "The order 123456789 of 2024-11-20 10:30 costs 1,234.50 EUR, see invoice 2024-0001234.",
    "v1.2.3.4 and version 10.20.30.40, Chrome/119.0.0.0, section 3.1.2.4, numpy==1.26.4.1",
    "127.0.0.1 and ::1 are this machine, 0.0.0.0 any, std::vector<int>, a[1::2], 12:30:45, aa:bb",
    "F. 1:9:36:84:126:126:84:36:9:1 G. 1:8:28:70:56:28:8:1",
    "timestamps 1732099200, 1732099200000, 1732099200000000000 and 20241120103000",
    "uuid 123e4567-e89b-12d3-a456-426614174000, sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "lodash@4.17.21 from git@github.com:lodash/lodash.git, logo@2x.png, @media, foo @ bar",
    "4111 1111 1111 1112 has a wrong check digit, so has DE00 3704 0044 0532 0130 00.",
    "Password: required. The password must be at least 8 characters. Forgot password? Reset your password here.",
    '{"password": {"type": "string"}, "required": ["password"], "max_tokens": 1024, "token": "next"}',
    "password = os.environ['DB_PASSWORD']; def login(user, password=None): token = get_token()",
    "Basic information about bearer bonds; the secret of success is patience: key takeaways below.",
    "E = 2.718281828459045, pi = 3.14159265358979, 6.02214076e23, 0x7fffffffffffffff",
    "Rate 5/10, ratio 16:9, ISBN 978-3-16-148410-0, phone ext 1234, +5 points, 1-800-FLOWERS",
    "task-force-of-the-european-union and sk-learn-contrib, hf_hub, npm_config, AIza",
    "SELECT * FROM t WHERE id IN (1001, 1002, 1003, 1004, 1005) AND x = 12345678",
)
"""Texts in which no rule finds anything."""
