"""What the made-up people are made of: names by country with their frequencies, number ranges, providers.

The tables are our own, from general knowledge: common names, and a long tail put together from parts as many
real surnames once were. Of the number ranges only the beginnings are fixed, so that any digits after them are
a valid number (a test asks `phonenumbers`).
"""

import random
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, product
from typing import NamedTuple

_FLATTENED = 5
"""Zipf and Mandelbrot: without it, one person in ten would have the commonest name. With it, one in fifty."""
_EXPONENT = 0.95


class Names:
    """Names, the commonest first, drawn as often as Zipf's law says."""

    def __init__(self, common: str, starts: str = "", ends: str = "") -> None:
        """Rank the words of `common` first, then every start with every end."""
        tail = sorted({start + end for start, end in product(starts.split(), ends.split())}, key=_scattered)
        self.all: Sequence[str] = tuple(dict.fromkeys([*common.split(), *tail]))

    @cached_property
    def _weights(self) -> list[float]:
        return list(accumulate(1 / (rank + _FLATTENED) ** _EXPONENT for rank in range(len(self.all))))

    def draw(self, rng: random.Random) -> str:
        """Return one of them."""
        return rng.choices(self.all, cum_weights=self._weights)[0]


def digits(rng: random.Random, pattern: str) -> str:
    """Return a number of `pattern`."""
    return "".join(
        str(rng.randrange(10)) if each == "#" else str(rng.randrange(2, 10)) if each == "N" else each
        for each in pattern
    )


class Country(NamedTuple):
    """Where people live."""

    code: str
    share: int
    dialled: str
    trunk: str
    mobile: tuple[str, ...]
    """Beginnings of mobile numbers, each with # for a digit that may be any, and N for one from 2 on."""
    fixed: tuple[str, ...]
    given: Names
    family: Names
    mail: tuple[str, ...]
    legal: tuple[str, ...]
    top: str


def _scattered(name: str) -> str:
    return "".join(reversed(name))


_ENGLISH = Names(
    """mary james john emma oliver susan robert linda william karen thomas sarah charles daniel nancy matthew
    margaret anthony laura mark paul sandra steven andrew kenneth joshua kevin brian george edward ronald
    timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen justin brandon samuel gregory frank
    alexander raymond patrick jack dennis jerry tyler aaron jose adam nathan henry peter zachary walter
    jennifer patricia elizabeth barbara jessica lisa betty ashley kimberly emily donna michelle carol amanda
    dorothy melissa deborah stephanie rebecca sharon cynthia kathleen amy angela shirley anna brenda pamela
    nicole helen samantha katherine christine rachel carolyn janet catherine maria heather diane ruth julie
    olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea hannah""".title()
)
_ENGLISH_FAMILIES = Names(
    """Smith Johnson Williams Brown Jones Miller Davis Wilson Taylor Clark Lewis Walker Hall Young King Wright
    Hill Scott Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards
    Collins Stewart Morris Murphy Cook Rogers Morgan Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson
    Wood Watson Brooks Bennett Gray Hughes Price Myers Long Foster Sanders Ross Powell Jenkins Perry Butler
    Barnes Fisher Henderson Coleman Patterson Jordan Reynolds Hamilton Graham Simpson Stevens Hunter""",
    "Ash Black Brad Brook Clay Crom Dan East Farn Gold Hart Hay Kings Lang Mar North Oak Pem Red Rock "
    "Shef Sils Stan Thorn Wake West Whit Wood Wyn Hol",
    "bury by comb croft dale den field ford gate ham hurst land ley low man mead more ridge shaw stead "
    "stone ton well wick wood worth",
)
_GERMAN = Names(
    """peter michael thomas andreas wolfgang klaus jürgen günter stefan christian uwe werner horst frank dieter
    manfred gerhard hans bernd thorsten mathias matthias jörg björn sebastian jan maria ursula monika petra
    elisabeth sabine renate helga karin brigitte ingrid erika andrea gisela claudia susanne gabriele christa
    christine hildegard anna birgit barbara gertrud heike marianne elke martina angelika irmgard käthe
    jürgen sören rené zoë lena leonie paul felix lukas jonas maximilian moritz finn""".title()
)
_GERMAN_FAMILIES = Names(
    """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter
    Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause
    Meier Lehmann Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Möller Scholz Weiß Jung
    Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Böhm""",
    "Alten Birken Bruck Dorn Eber Falken Grün Hasel Kirch Linden Mühl Nieder Ober Rosen Stein Wald Wein Wiesen",
    "bach baum berg brunner burger dorf feld hagen heim hofer mann meier müller reuther stein thal",
)
_SPANISH = Names(
    """María Antonio Carmen José Manuel Ana Francisco Juan Isabel David Laura Javier Cristina Daniel Marta
    Jesús Dolores Carlos Lucía Alejandro Pilar Miguel Elena Rafael Sara Pedro Paula Ángel Raquel Pablo Rosa
    Fernando Mercedes Sergio Beatriz Luis Julia Jorge Nuria Alberto Silvia Álvaro Irene Adrián Teresa Iván
    Alba Raúl Encarnación Diego Patricia Rubén Montserrat Óscar Rocío Víctor Andrea Andrés Mónica"""
)
_SPANISH_FAMILIES = Names(
    """García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández
    Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez
    Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina
    Garrido Cortés Castillo Santos Lozano Guerrero Cano Prieto Méndez Cruz Calvo Gallego Vidal León Márquez""",
    "Agui Alba Barra Cala Casti Echa Espi Feli Gala Hino Lagu Maci Mira Oliva Pala Quinta Riva Sala Tala Villa",
    "banda cal ces dero do gón gues les llo lva mar nas no ñez res rri so tor",
)
_FRENCH = Names(
    """Marie Jean Michel Philippe Nathalie Pierre Isabelle Alain Sylvie Nicolas Catherine Christophe Françoise
    Patrick Martine Christian Christine Daniel Monique Bernard Valérie Éric Sandrine Frédéric Véronique Laurent
    Nicole Stéphane Stéphanie Pascal Céline David Anne Gérard Chantal Julien Aurélie Olivier Sophie Thierry
    Brigitte Sébastien Annie Alexandre Émilie Thomas Hélène André Jérôme Zoé Loïc Agnès Rémi Élodie"""
)
_FRENCH_FAMILIES = Names(
    """Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux
    David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure
    Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Perrin Robin Clément Morin Henry""",
    "Beau Bel Bois Bour Char Cour Des Fon Gran Haut Lan Mar Mont Pont Roche Saint Val Vau Ville Ver",
    "champ court din fort geois lieu lin marc mont nard neuf net pierre quet rand roy seau tier val vert",
)
_UKRAINIAN = Names(
    """Олександр Наталія Сергій Олена Володимир Тетяна Андрій Ірина Юрій Людмила Микола Оксана Віктор Світлана
    Іван Ольга Василь Марія Дмитро Галина Михайло Юлія Петро Анна Ігор Надія Євген Катерина Роман Валентина
    Максим Вікторія Богдан Лариса Ярослав Любов Тарас Алла Олег Щедрик Христина"""
)
_UKRAINIAN_FAMILIES = Names(
    "Мельник Шевченко Бойко Коваленко Бондаренко Ткаченко Ковальчук Кравченко Олійник Шевчук Коваль Поліщук",
    "Бонд Гавр Гриц Дяч Жук Захар Клим Лис Марч Онищ Павл Ром Сав Тимч Федор Харч Цимб Чорн Щерб Яким",
    "ак енко ейчук ишин ів ко ович ський ук юк яненко ієнко",
)

COUNTRIES = (
    Country("US", 38, "1", "", ("212N######", "415N######", "617N######", "305N######", "713N######"),
            ("303N######", "503N######", "404N######", "702N######"),
            _ENGLISH, _ENGLISH_FAMILIES, ("gmail.com", "yahoo.com", "outlook.com", "aol.com"), ("Inc", "LLC"), "com"),
    Country("GB", 20, "44", "0", ("74########", "75########", "78########"), ("2079######", "2083######", "1614######"),
            _ENGLISH, _ENGLISH_FAMILIES, ("gmail.com", "hotmail.co.uk", "btinternet.com"), ("Ltd", "plc"), "co.uk"),
    Country("DE", 14, "49", "0", ("151########", "171#######", "176########"), ("30########", "89########"),
            _GERMAN, _GERMAN_FAMILIES, ("gmx.de", "web.de", "gmail.com", "t-online.de"), ("GmbH", "AG"), "de"),
    Country("ES", 12, "34", "", ("61#######", "65#######"), ("91#######", "93#######"),
            _SPANISH, _SPANISH_FAMILIES, ("gmail.com", "hotmail.com", "yahoo.es"), ("SL", "S.A."), "es"),
    Country("FR", 10, "33", "0", ("61#######", "75#######"), ("14#######", "47#######"),
            _FRENCH, _FRENCH_FAMILIES, ("orange.fr", "gmail.com", "free.fr"), ("SARL", "SAS"), "fr"),
    Country("UA", 6, "380", "0", ("50#######", "67#######"), ("44#######",),
            _UKRAINIAN, _UKRAINIAN_FAMILIES, ("ukr.net", "gmail.com"), ("ТОВ",), "com.ua"),
)  # fmt: skip

NICKNAMES = {
    "Alexander": "Alex", "Andrew": "Andy", "Anthony": "Tony", "Barbara": "Barb", "Catherine": "Cathy",
    "Charles": "Chuck", "Christina": "Tina", "Christine": "Chris", "Daniel": "Dan", "Deborah": "Deb",
    "Dolores": "Lola", "Edward": "Ted", "Elizabeth": "Liz", "Francisco": "Paco", "Gerhard": "Gerd",
    "Isabel": "Isa", "James": "Jim", "Jennifer": "Jen", "John": "Jack", "Jonathan": "Jon", "José": "Pepe",
    "Joshua": "Josh", "Katherine": "Kate", "Kenneth": "Ken", "Kimberly": "Kim", "Manuel": "Manolo",
    "Margaret": "Peggy", "Matthew": "Matt", "Matthias": "Matze", "Maximilian": "Max", "Nicholas": "Nick",
    "Pamela": "Pam", "Patricia": "Pat", "Patrick": "Pat", "Rebecca": "Becky", "Robert": "Bob",
    "Samantha": "Sam", "Samuel": "Sam", "Sandra": "Sandy", "Sebastian": "Basti", "Stephanie": "Steph",
    "Stephen": "Steve", "Steven": "Steve", "Susan": "Sue", "Thomas": "Tom", "Timothy": "Tim",
    "Victoria": "Vicky", "William": "Bill", "Zachary": "Zach", "Олександр": "Саша", "Наталія": "Наташа",
    "Володимир": "Вова", "Катерина": "Катя",
}  # fmt: skip

_OFFICIAL = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "'": "",
}  # fmt: skip
"""Ukraine's own table of 2010, without its rule for the beginning of a word."""
_HOMEMADE = _OFFICIAL | {"г": "g", "є": "ye", "и": "i", "х": "h", "ц": "c", "щ": "sch", "ю": "yu", "я": "ya"}
_PLAIN = str.maketrans("áàâäéèêëíïîóôöúûüñçß", "aaaaeeeeiiiooouuuncs", "")
_IN_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@lru_cache(maxsize=1 << 14)
def latin(name: str, *, homemade: bool = False) -> str:
    """Return `name` in plain Latin letters: by the official table, or as people write it themselves.

    >>> latin("Юрій"), latin("Юрій", homemade=True), latin("Jürgen"), latin("Jürgen", homemade=True)
    ('Iurii', 'Yurii', 'Juergen', 'Jurgen')
    """
    table = _HOMEMADE if homemade else _OFFICIAL
    lower = name.lower()
    if not homemade:
        lower = lower.translate(_IN_TWO_LETTERS)
    return "".join(table.get(letter, letter) for letter in lower.translate(_PLAIN)).capitalize()
