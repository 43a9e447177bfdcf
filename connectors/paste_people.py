"""Names and phones in pasted text: Chinese names by surname, western ones by shape, phones only when they can be dialled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors import addresses, addresses_cn, contacts
from connectors.base import Problem
from connectors.countries import alpha2

#: The usual family names; one of two signs comes first.
_DOUBLE = "欧阳|太史|上官|端木|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|令狐|百里|呼延|东郭|南门|轩辕|西门"
_SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛"
    "雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强"
    "贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠"
    "甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索"
    "咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖"
    "庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖付代闫"
)
_TITLE = "先生|女士|小姐|太太|老师|经理|老板|师傅|主任|同学|总|收"
_CN_NAME = re.compile(
    rf"(?P<name>(?:(?:{_DOUBLE})[\u4e00-\u9fff]{{1,2}}|[{_SINGLE}][\u4e00-\u9fff]{{1,2}}|[{_SINGLE}][*＊某]{{1,2}}[\u4e00-\u9fff]?|[{_SINGLE}][\u4e00-\u9fff][*＊]"
    rf"|[\u4e00-\u9fff]{{1,6}}·[\u4e00-\u9fff·]{{1,10}}))\s*(?:\(?(?:{_TITLE})\)?)?"
)
_CN_TITLED = re.compile(rf"(?P<name>[{_SINGLE}](?:{_TITLE}))")
_NO_NAMES = re.compile(
    r"谢谢|感谢|你好|您好|麻烦|尽快|发货|订购|下单|收货|地址|电话|手机|客户|包邮|顺丰|快递|开票|发票|含税|备注|加急|今天|明天|和好|万分|公司|商店|超市|常规|高级|温馨|安全|平安|应该|时间|明日|方便|包装|单价|单元|金额|经常"
)
_EN_WORD = r"(?:[A-ZÀ-Þ][\w'’.-]*|van|von|der|den|de|la|le|di|da|del|bin|al|O'[A-Z]\w+)"
_EN_NAME = re.compile(rf"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+)?(?P<name>[A-ZÀ-Þ][\w'’.-]*(?:\s+{_EN_WORD}){{1,3}})")
_EN_TITLE = re.compile(r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+")
_EN_SITE = re.compile(
    r"\s(?:Park|Estate|Centre|Center|Plaza|Mall|Towers?|Heights|Gardens|Apartments|Residency|Hospital)$"
)
_EN_UPPER = re.compile(r"(?P<name>[A-ZÀ-Þ]{2,}(?:\s+[A-ZÀ-Þ'.-]{1,}){1,3})")
_EN_COMPANY = re.compile(
    r"\b(?:ltd|limited|inc|llc|llp|gmbh|ag|co|corp|corporation|company|s\.?a\.?|b\.?v\.?|s\.?r\.?l|plc|pty|store|stores|shop|market|trading|wholesale"
    r"|industries|group|university|hospital)\b\.?",
    re.IGNORECASE,
)
_CN_COMPANY = re.compile(
    r"[\u4e00-\u9fffA-Za-z()]{2,40}(?:公司|商行|商店|超市|工厂|酒店|门店|旗舰店|经营部|商贸|贸易|集团|工作室|药房|学校|医院)"
)
_NOT_NAMES_EN = re.compile(
    r"\b(?:please|thanks|thank|hello|hi|dear|order|deliver|delivery|ship|send|asap|urgent|regards|call|need|want|leave|note|attn|tomorrow|today|monday"
    r"|tuesday|wednesday|thursday|friday|saturday|sunday|the|our|we|you|your|my|is|are|to|for|if|not|no|yes|ok)\b",
    re.IGNORECASE,
)

_EXT = r"(?:\s*(?:转接|转|分机|ext\.?|extension)\s*:?\s*\d{1,6}|\s*x\d{2,5}(?!\d)|-\d{2,6}(?!\d)|,\d{2,5}(?=\s*(?:$|[,;\n])))?"
#: Numbers as they are written in a pasted block; what cannot be dialled is thrown back afterwards.
_PHONES = re.compile(
    rf"(?<![\dA-Za-z.*+-])(?:"
    rf"\+\d{{1,3}}[ .-]?(?:\(\d{{1,4}}\)[ .-]?)?\d[\d .-]{{5,14}}\d|00\d{{9,14}}"
    rf"|(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{{4}}){{2}}|1[3-9]\d[*＊]{{4}}\d{{4}}|\d{{3}}[*＊]{{3,6}}\d{{2,4}}"
    rf"|\(?0\d{{2,3}}\)?[- ]?\d{{7,8}}|[48]00[- ]?\d{{3,4}}[- ]?\d{{3,4}}"
    rf"|\(\d{{3}}\)\s?\d{{3}}[-. ]\d{{4}}|\d{{3}}[-. ]\d{{3}}[-. ]\d{{4}}|0\d{{2,4}}[ -]\d{{3,4}}[ -]?\d{{3,4}}|0\d{{9,10}}"
    rf"|0\d{{1,4}}(?:[ ./-]\d{{2,4}}){{2,4}}"
    rf"){_EXT}(?!\d)",
    re.IGNORECASE,
)
_ONLY_DIGITS = re.compile(r"(?<![\dA-Za-z.-])\d{7,12}(?![\dA-Za-z.])")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as understood; `source` is the text it was read from."""

    number: str
    ext: str | None
    source: str
    problems: tuple[Problem, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.problems


def phone_texts(text: str) -> list[tuple[int, int]]:
    """Where in the text numbers stand that are written like phones."""
    return [match.span() for match in _PHONES.finditer(text)]


def digits_left(text: str) -> tuple[int, int] | None:
    """Where a lone run of 7 to 12 digits stands: a phone with a slip in it, if no other was found."""
    match = _ONLY_DIGITS.search(text)
    return match.span() if match else None


def read_phone(text: str, *, country: str | None, field: str) -> Phone:
    """Understand one number; problems say that it cannot be dialled or is masked."""
    number, ext, problems = contacts.phone(text.strip(" ,"), country=country, field=field)
    return Phone(number or text, ext, text, problems)


def chinese_name(text: str) -> str | None:
    """The name when the text is a Chinese person's name and nothing else, without its title."""
    plain = text.strip(" ,.:;()")
    plain = plain[:-1].rstrip(" (") if len(plain) > 2 and plain.endswith("收") else plain
    if _NO_NAMES.search(plain) or addresses_cn.starts_here(plain) or addresses_cn.names_division(plain):
        return None
    titled = _CN_TITLED.fullmatch(plain)
    if titled:
        return titled["name"].removesuffix("收")
    match = _CN_NAME.fullmatch(plain)
    return match["name"] if match else None


def western_name(text: str, *, lone: bool = False) -> str | None:
    """The name when the text is a western person's name; one word counts only with `lone`."""
    plain = text.strip(" ,.:;()")
    if re.search(r"\d", plain) or _NOT_NAMES_EN.search(plain) or alpha2(plain) or _EN_COMPANY.search(plain):
        return None
    if addresses.names_street(_EN_TITLE.sub("", plain) + " 1") or _EN_SITE.search(plain):
        return None
    match = _EN_NAME.fullmatch(plain) or _EN_UPPER.fullmatch(plain)
    if match:
        return match["name"]
    return plain if lone and re.fullmatch(r"[A-ZÀ-Þ][\w'’-]{1,20}", plain) else None


def is_company(text: str) -> bool:
    """Whether the text names a firm, a shop or a house of that kind and is no address."""
    plain = text.strip(" ,.:;")
    if (
        re.search(r"\d", plain)
        or len(plain) > 60
        or re.match(r"(?:near|opp|opposite|behind|next to)\b", plain, re.IGNORECASE)
    ):
        return False
    return bool(
        _CN_COMPANY.fullmatch(plain) or (_EN_COMPANY.search(plain) and not addresses.names_street(plain + " 1"))
    )


def is_talk(text: str) -> bool:
    """Whether an English piece talks to us rather than naming a person or place."""
    return bool(_NOT_NAMES_EN.search(text)) and not addresses.names_street(text)
