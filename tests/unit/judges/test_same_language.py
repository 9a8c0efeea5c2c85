"""same_language: the answer is in the language of the question, or in the one that is set."""

from __future__ import annotations

import pytest

from judges.errors import JudgeConfigError
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import judged, make_judge

TOLD = {
    "en": "Your parcel left our warehouse this morning and should be with you tomorrow.",
    "de": "Ihr Paket hat heute Morgen unser Lager verlassen und müsste morgen bei Ihnen sein.",
    "fr": "Votre colis a quitté notre entrepôt ce matin et devrait arriver chez vous demain.",
    "es": "Su paquete ha salido de nuestro almacén esta mañana y debería llegarle mañana.",
    "it": "Il suo pacco ha lasciato il nostro magazzino stamattina e dovrebbe arrivare domani.",
    "pt": "A sua encomenda saiu do nosso armazém esta manhã e deverá chegar amanhã à sua casa.",
    "nl": "Uw pakket heeft vanochtend ons magazijn verlaten en zou morgen bij u moeten zijn.",
    "pl": "Państwa paczka opuściła dziś rano nasz magazyn i jutro powinna być u Państwa.",
    "tr": "Paketiniz bu sabah depomuzdan çıktı ve yarın size ulaşmış olması gerekiyor.",
    "ru": "Ваша посылка сегодня утром покинула наш склад и завтра должна быть у вас.",
    "uk": "Ваша посилка сьогодні вранці залишила наш склад і завтра має бути у вас.",
    "el": "Το δέμα σας έφυγε σήμερα το πρωί από την αποθήκη μας και θα φτάσει αύριο.",
    "ar": "غادرت طردك مستودعنا هذا الصباح ومن المفترض أن تصل إليك غدا.",
    "he": "החבילה שלך יצאה הבוקר מהמחסן שלנו ואמורה להגיע אליך מחר.",
    "hi": "आपका पार्सल आज सुबह हमारे गोदाम से निकल गया है और कल आपके पास पहुँच जाना चाहिए।",
    "zh": "您的包裹今天早上已经离开我们的仓库，预计明天送达。",
    "ja": "お荷物は今朝、当社の倉庫を出ました。明日お届けできる見込みです。",
    "ko": "고객님의 소포는 오늘 아침 저희 창고를 떠났으며 내일 도착할 예정입니다.",
    "vi": "Bưu kiện của bạn đã rời kho của chúng tôi sáng nay và sẽ đến vào ngày mai.",
    "sv": "Ditt paket lämnade vårt lager i morse och bör vara hos dig i morgon.",
}
"""One answer in many languages."""
ASKED = {
    "en": "Where is the parcel that I ordered last week?",
    "de": "Wo ist das Paket, das ich letzte Woche bestellt habe?",
    "ja": "先週注文した荷物は今どこにありますか？",
}


@pytest.mark.parametrize("language", sorted(TOLD))
async def test_an_answer_in_its_own_language_passes(language: str) -> None:
    """An answer in the language that is set passes."""
    assert (await judged(TOLD[language], "same_language", language=language)).passed is True


@pytest.mark.parametrize("asked", sorted(ASKED))
@pytest.mark.parametrize("told", sorted(TOLD))
async def test_the_question_decides(asked: str, told: str) -> None:
    """Without a language set, the answer must be in that of the question; the label says that it is a guess."""
    judgement = await judged(make_sample(ask=ASKED[asked], text=TOLD[told]), "same_language")
    label = "heuristic: PASS" if asked == told else "heuristic: language"
    assert (judgement.passed, judgement.label) == (asked == told, label)


@pytest.mark.parametrize(
    ("ask", "text", "reason"),
    [
        (ASKED["en"], "OK, done!", "too_short"),
        (ASKED["en"], "```python\nfor order in orders_of_the_customer:\n    print(order)\n```", "too_short"),
        (ASKED["en"], "https://example.com/a/very/long/path/to/a/page <EMAIL_1> 12345", "too_short"),
        ("Why?", TOLD["en"], "question_too_short"),
        ("Translate to Swedish: Where is my parcel today?", TOLD["sv"], "language_named"),
        ("Wie sagt man auf Französisch: Wo ist mein Paket heute?", TOLD["fr"], "language_named"),
        ("请把这句话翻译一下：我的包裹在哪里？", TOLD["en"], "language_named"),
        (ASKED["en"], "abc def ghi jkl mno pqr stu vwx yza bcd", "undecided"),
    ],
)
async def test_what_cannot_be_told_is_skipped(ask: str, text: str, reason: str) -> None:
    """Too little prose, an unsure language and a request for another one are skipped, each with its reason."""
    judgement = await judged(make_sample(ask=ask, text=text), "same_language")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, reason)


async def test_a_system_prompt_may_name_the_language() -> None:
    """An operator's order to answer in a language makes the question's no measure."""
    request = {"system": "Always answer in English.", "messages": [{"role": "user", "content": ASKED["de"]}]}
    assert (await judged(make_sample(request=request, text=TOLD["en"]), "same_language")).reason == "language_named"


async def test_quotes_and_code_do_not_decide() -> None:
    """A foreign quotation, code and links in an answer leave its language what it is."""
    text = f"{TOLD['de']} Die Meldung `parcel has left the warehouse` heißt das.\n```\nThe parcel has left.\n```"
    sample: Sample = make_sample(ask=ASKED["de"], text=text)
    assert (await judged(sample, "same_language")).passed is True


@pytest.mark.parametrize(("told", "wanted"), [("uk", "ru"), ("pt", "es"), ("nl", "de")])
async def test_neighbours_are_told_apart(told: str, wanted: str) -> None:
    """A whole sentence in a related language is not let pass."""
    assert (await judged(TOLD[told], "same_language", language=wanted)).passed is not True


def test_an_unknown_language_is_refused() -> None:
    """A code that is never recognised would never pass, so it is refused when the judge is made."""
    with pytest.raises(JudgeConfigError, match="`language` 'xx' cannot be recognised"):
        make_judge("same_language", language="xx")


def test_dialects_are_one_version() -> None:
    """Norwegian is one language under its three codes."""
    versions = {make_judge("same_language", language=code).version for code in ("no", "nb", "nn")}
    assert len(versions) == 1
