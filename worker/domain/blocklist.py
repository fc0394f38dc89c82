"""The block list: valid identifiers that never join people, because of what they are.

What depends on the evidence (too many names on one value) is not here: this is a table to look up.
"""

import re
from functools import lru_cache

from phonenumbers import PhoneNumberType

from worker.domain import phones
from worker.domain.keys import table

ROLES = table(
    """
    abuse account accounting accounts admin administracion administratie administration administrator
    administrativo admissions ajuda aide amministrazione apoio applications asistencia assistance
    assistenza asiakaspalvelu atencion atencionalcliente atendimento ayuda backoffice benefits
    bestellung biuro billing bewerbung board boekhouding bookings booking buchhaltung buero büro
    callcenter career careers ceo cfo cio citas clientes coo commercial commerciale comercial compliance
    compras compta comptabilite concierge contabilidad contabilita contact contacto contactus contato
    contatti corporate cto customercare customerservice customers customersupport datenschutz
    dataprotection delivery desk dispatch direccion direction director direktion dpo editor einkauf
    ekonomi empleo empresa enquiries enquiry events expedition export facturacion faktura faq
    facturation faturamento feedback finance financeiro finanzas finanzen firma formacion formation
    frontdesk ftp gdpr general gerencia geral geschaeftsfuehrung gf hallo hello help helpdesk hi hola
    hostmaster hotel hr hrd imprint info infodesk infos informacion información informatica informatik
    informatie informazioni inbound inkoop inquiries inquiry invoice invoices invoicing it itsupport
    jobs karriere kantoor klantenservice kontakt kundenservice kundeservice kundtjanst legal listserv
    logistica logistics logistik mail mailbox mailerdaemon maintenance management manager marketing
    media member members membership myynti news newsletter noc office oficina onlineshop ops operations
    order orders ordini pagamentos partners payable payments payroll pedidos planning post postmaster
    presse press prensa prenotazioni privacy produktion projects promo publicidad purchasing quality
    rechnung rechnungen reception recepcion receptie recruiting recruitment recrutement redaktion
    registrar registration rental rentals rezeption request reservas reservation reservations returns rh
    rrhh sac sales sav schedule scheduling secretaria secretariat secretary security segreteria
    sekretariat service servicedesk services shipping shop sklep sprzedaz soporte spam staff store
    studio suporte subscribe support team tech technik tecnico ticket tickets toimisto trade training
    travel trouble ufficio unsubscribe usenet uucp vendas vendite ventas verkauf verkoop vertrieb
    vorstand warehouse webmaster website welcome werkstatt www yourmail
    """
)
"""Local parts that stand for an office: RFC 2142 and what businesses use, without dots and dashes."""

PLACEHOLDERS = table(
    """
    abc anonymous asdf asdfasdf asdfgh bounce bounces donotreply donotrespond dummy email emailaddress
    example fake foo foobar johndoe kein keine keineemail keinemail mailer nada name nan neant no nobody
    noemail noemailaddress noemailgiven noemailprovided nomail none noone noreply noresponder
    notavailable notgiven notiene notprovided notreal nowhere null pasdemail pasdeemail placeholder
    qwerty refused sample sinemail sincorreo someone something spamtrap test tester testing testtest
    testuser undefined unknown user username xx xxx xxxx xyz youremail yourname
    """
)
"""Local parts that people and forms fill in where there is no address, without dots and dashes."""

NOWHERE = table("donotreply fake invalid na nada noemail nomail none noreply notprovided null test unknown")
"""Domains, before their ending, that are filled in where there is no address."""

_UNANSWERED = ("donotreply", "mailerdaemon", "noreply")
"""Local parts that begin like this are a program's, whatever follows."""

_DIVIDERS = str.maketrans("", "", ".-_")
_LEAST_WITHOUT_DIVIDERS = 5
"""`no-reply` is `noreply`, but `h.r@` may be a person: shorter words must stand there as they are."""
_NUMBERED = re.compile(r"(?<=[a-z])[0-9]{1,2}\Z")
_SHORT_TWICE = 3
"""Up to this length, an address like a@a.com is typed to get past a form."""

SHARED_KINDS = {
    PhoneNumberType.TOLL_FREE: "is a toll-free number",
    PhoneNumberType.PREMIUM_RATE: "is a premium-rate number",
    PhoneNumberType.SHARED_COST: "is a shared-cost number",
    PhoneNumberType.UAN: "is a number that reaches any office of a company",
    PhoneNumberType.VOICEMAIL: "is a voicemail service",
}

_WALKS = tuple(
    2 * walk
    for walk in (
        "0123456789", "9876543210", "1472583690", "3692581470", "7418529630", "9638527410", "7894561230",
        "3216549870", "9874563210", "1236547890", "1597530", "12345678910", "123456789101112",
    )
)  # fmt: skip
"""Ways over the keys of a telephone or keyboard, gone twice, so that each may begin anywhere."""
_REPEATED = re.compile(r"([0-9])\1{5,}|([0-9]{2})\2{3,}[0-9]?|[0-9]*([0-9])\3{6,}")
"""One digit alone, two in turn, or one digit for at least the last seven places."""
_LEAST_DIGITS = 6


def why_common(
    type: str,  # noqa: A002 - the record's own word
    value: str,
    own_numbers: frozenset[str],
    roles: frozenset[str],
) -> str | None:
    """Say why the key `value` never joins people; None when nothing is known against it.

    `own_numbers` are the company's numbers in E.164. `roles` are local parts that are offices here,
    beside the usual ones.

    >>> why_common("email", "info@x.es", frozenset(), frozenset())
    'is a role address'
    >>> why_common("phone", "+12345678901", frozenset(), frozenset())
    'is a pattern of digits, not a number somebody has'
    >>> why_common("phone", "+34612345678", frozenset(), frozenset()) is None
    True
    """
    if type == "phone":
        if value.partition(";")[0] in own_numbers:
            return "is one of the company's own numbers"
        return _why_phone(value)
    if type == "email":
        return "is a role address" if is_role(type, value, roles) else _why_email(value)
    return None


def is_role(type: str, value: str, roles: frozenset[str]) -> bool:  # noqa: A002 - the record's own word
    """Say whether the key `value` is an office's address: people share it, one after another or at once.

    >>> is_role("email", "customer.service+spain@x.es", frozenset())
    True
    """
    if type != "email":
        return False
    local, plain = _local_parts(value)
    return local in ROLES or plain in ROLES or local in roles or plain in roles


@lru_cache(maxsize=1 << 14)
def _local_parts(address: str) -> tuple[str, str]:
    """Return the part before the @ without its tag, as it stands and without dividers and numbering."""
    local = address.rpartition("@")[0].partition("+")[0]
    plain = local.translate(_DIVIDERS)
    if len(plain) < _LEAST_WITHOUT_DIVIDERS:
        plain = local
    return local, _NUMBERED.sub("", plain)


@lru_cache(maxsize=1 << 14)
def _why_email(value: str) -> str | None:
    local, plain = _local_parts(value)
    domain, _, ending = value.rpartition("@")[2].partition(".")
    made_up = local in PLACEHOLDERS or plain in PLACEHOLDERS or plain.startswith(_UNANSWERED)
    twice = local == domain and len(local) <= _SHORT_TWICE
    nowhere = domain in NOWHERE and "." not in ending
    return "is a made-up address" if made_up or twice or nowhere else None


@lru_cache(maxsize=1 << 14)
def _why_phone(value: str) -> str | None:
    if shared := SHARED_KINDS.get(phones.kind(value)):
        return shared
    national, digits = phones.national(value), value[1:].partition(";")[0]
    walked = any(national in walk or digits in walk for walk in _WALKS)
    if len(national) >= _LEAST_DIGITS and (walked or _REPEATED.fullmatch(national)):
        return "is a pattern of digits, not a number somebody has"
    return None
