"""Policy, masks: given and family names in scripts other than the Latin one, each in its own.

A list is short beside the Latin ones: what is kept is that a name can be read by those who read the one it stands for.
Family names are of forms that do not change with the bearer.
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class Script:
    """A script: where its letters are, whether the family comes first and joined, and the names."""

    letters: tuple[tuple[int, int], ...]
    joined: bool
    given: tuple[str, ...]
    family: tuple[str, ...]


CYRILLIC = Script(
    ((0x400, 0x52F),),
    joined=False,
    given=_words(
        """Александра Алексей Алина Анастасия Андрей Анна Антон Борис Валентина Валерий Вера
        Виктор Виктория Виталий Галина Георгий Григорий Дарья Денис Дмитрий Евгений Екатерина
        Елена Иван Игорь Ирина Кирилл Ксения Лариса Леонид Людмила Максим Марина Мария Михаил
        Наталья Никита Николай Оксана Олег Ольга Павел Пётр Роман Светлана Сергей София Степан
        Тамара Тарас Татьяна Фёдор Юлия Юрий"""
    ),
    family=_words(
        """Бойко Бондаренко Войтенко Гончар Гриценко Данилюк Захарчук Карпенко Клименко Коваленко
        Ковальчук Костенко Кравченко Кузьменко Литвиненко Лысенко Макаренко Марченко Мельник
        Мороз Назаренко Олейник Остапенко Павленко Петренко Полищук Приходько Романюк Руденко
        Савченко Сидоренко Тимошенко Ткаченко Ткачук Федоренко Харченко Черненко Шевченко
        Шевчук Юрченко Яременко"""
    ),
)
GREEK = Script(
    ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    joined=False,
    given=_words(
        """Αθανάσιος Αικατερίνη Αλέξανδρος Άννα Αντώνιος Βασιλική Γεώργιος Δέσποινα Δημήτριος
        Ειρήνη Ελένη Εμμανουήλ Ευάγγελος Ευαγγελία Ζωή Ηλίας Θεόδωρος Ιωάννα Ιωάννης Καλλιόπη
        Κωνσταντίνα Κωνσταντίνος Μαρία Μιχαήλ Νικόλαος Παναγιώτης Παρασκευή Σοφία Σπυρίδων
        Χρήστος Χριστίνα"""
    ),
    family=_words(
        """Αλεξίου Αναστασίου Αντωνίου Βασιλείου Γεωργίου Δημητρίου Θεοδώρου Ιωάννου Κωνσταντίνου
        Λαζάρου Μακρή Μιχαήλ Νικολάου Οικονόμου Παναγιώτου Παπαγεωργίου Παπαδημητρίου
        Παπανικολάου Παύλου Σταύρου Στεφάνου Χαραλάμπους Χατζή Χριστοδούλου"""
    ),
)
HEBREW = Script(
    ((0x590, 0x5FF),),
    joined=False,
    given=_words(
        """אבי אברהם איתן אסתר גיל דוד דנה הדס חנה יואב יוסף יעל יעקב לאה מיכל מיכאל משה נועה עדי
        רבקה רחל שרה תמר"""
    ),
    family=_words(
        """אברהם אדרי ביטון בן-דוד גבאי דהן חדד יוסף כהן לוי מזרחי מלכה פרץ פרידמן קפלן רוזן שלום
        שפירא"""
    ),
)
ARABIC = Script(
    ((0x600, 0x6FF), (0x750, 0x77F)),
    joined=False,
    given=_words(
        """أحمد أمل أمينة إبراهيم بشير جميلة حسن حسين خالد خديجة داود دينا رانيا رشيد زينب سامي
        سعاد سلمى سمير عائشة عادل علي عمر فاطمة فريد كريم ليلى محمود مريم منى نادية نور هدى
        ياسر يوسف"""
    ),
    family=_words(
        """الأحمد البكري التميمي الجابري الحداد الحسن الخطيب الخوري الراشد الزهراني السيد الشامي
        الصالح العلي العمري الغامدي القاسم المصري النجار الهاشمي حداد خليل صالح عباس منصور
        ناصر"""
    ),
)
DEVANAGARI = Script(
    ((0x900, 0x97F),),
    joined=False,
    given=_words(
        """अजय अनिल अनीता अमित आशा कविता किरण गीता दीपक नेहा पूजा प्रकाश प्रिया मनोज मीना मोहन
        रमेश राजेश राहुल रीता लता विजय विकास संजय सीमा सुनीता सुरेश"""
    ),
    family=_words(
        """अग्रवाल कपूर कुमार गुप्ता चौधरी जोशी तिवारी देसाई नायर पटेल पांडे मिश्रा मेहता यादव
        राव वर्मा शर्मा शाह सिंह"""
    ),
)
HANGUL = Script(
    ((0xAC00, 0xD7AF),),
    joined=True,
    given=_words(
        """건우 다은 도윤 민서 민준 서연 서준 서현 선우 수민 수빈 승현 시우 연우 예은 예준 유진
        은서 은주 주원 준서 지민 지우 지호 지훈 하은 하준 현우 현주"""
    ),
    family=_words(
        """강 고 권 김 남 노 류 문 박 배 백 서 손 송 신 심 안 양 오 유 윤 이 임 장 전 정 조 차 최
        한 허 홍 황"""
    ),
)
JAPANESE = Script(
    ((0x3040, 0x30FF),),
    joined=True,
    given=_words(
        """あおい あかり かおり さくら なおみ はるか ひかり ひろし まこと みどり めぐみ ゆうき
        りく 健太 翔太 大輔 拓也 直樹 美咲 陽子 愛 誠"""
    ),
    family=_words(
        """佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村
        林 清水 斎藤 池田 橋本"""
    ),
)
HAN = Script(
    ((0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    joined=True,
    given=_words(
        """伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 桂英 志强 建国 晓明 雪梅 海燕
        文 平 辉 玲 鹏 宇"""
    ),
    family=_words(
        """王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓
        曹"""
    ),
)
SCRIPTS = (CYRILLIC, GREEK, HEBREW, ARABIC, DEVANAGARI, HANGUL, JAPANESE, HAN)


def script_of(text: str) -> Script | None:
    """Return the script of a text that has no letter or digit of ASCII; None for Latin ones and those not known."""
    points = [ord(c) for c in text]
    if any(c.isascii() and c.isalnum() for c in text):
        return None
    for script in SCRIPTS:  # kana before Han: a Japanese name has both
        if any(low <= point <= high for point in points for low, high in script.letters):
            return script
    return None
