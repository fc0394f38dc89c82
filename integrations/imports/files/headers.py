"""What columns are called: headers that name a target without being told.

English, Spanish, German, French, Italian, Portuguese and Dutch, and the exports of Google Contacts (both
forms), Outlook, HubSpot, Salesforce and Pipedrive. Case, accents, spaces, punctuation and the number in
"Phone 2" don't count.
"""

import re
import unicodedata
from collections.abc import Mapping

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "ID", "Record ID", "Contact ID", "Lead ID", "Person ID", "Person - ID", "External ID", "Kontakt-ID",
        "Kontakt-Nr.", "ID de contacto", "ID contacto", "ID du contact", "ID contatto", "ID do contato",
        "Contact-ID", "UID",
    ),
    "name": (
        "Name", "Full name", "Display name", "Contact name", "Customer name", "Person - Name", "Lead name",
        "Nombre completo", "Nombre y apellidos", "Nombre", "Vollständiger Name", "Vor- und Nachname",
        "Anzeigename", "Nom complet", "Nom et prénom", "Nom", "Nome completo", "Nome e cognome", "Nome",
        "Volledige naam", "Naam",
    ),
    "first_name": (
        "First name", "Given name", "Forename", "Person - First name", "Nombre de pila", "Primer nombre",
        "Vorname", "Prénom", "Primo nome", "Primeiro nome", "Voornaam",
    ),
    "middle_name": (
        "Middle name", "Additional name", "Segundo nombre", "Zweiter Vorname", "Deuxième prénom",
        "Secondo nome", "Nome do meio", "Tweede naam",
    ),
    "last_name": (
        "Last name", "Family name", "Surname", "Person - Last name", "Apellido", "Apellidos",
        "Primer apellido", "Segundo apellido", "Apellido paterno", "Apellido materno", "Nachname",
        "Familienname", "Nom de famille", "Cognome", "Sobrenome", "Último nome", "Achternaam",
    ),
    "suffix": ("Name suffix", "Suffix", "Namenszusatz", "Sufijo", "Suffixe", "Suffisso", "Sufixo",
               "Achtervoegsel"),
    "email": (
        "Email", "E-mail", "Mail", "Email address", "E-mail address", "E-mail 1 - Value", "E-mail 2 Address",
        "Work email", "Email - Work", "Email - Home", "Email - Other", "Person - Email",
        "Person - Email - Work", "Person - Email - Home", "Person - Email - Other", "Primary email",
        "Secondary email", "Additional email addresses", "Other email", "Personal email", "Business email",
        "Correo", "Correo electrónico", "Dirección de correo electrónico", "E-Mail-Adresse", "E-Mail privat",
        "E-Mail geschäftlich", "Courriel", "Adresse e-mail", "Adresse de messagerie",
        "Indirizzo e-mail", "Posta elettronica", "Endereço de e-mail", "Correio eletrônico",
        "Correio eletrónico", "E-mailadres",
    ),
    "phone": (
        "Phone", "Phone number", "Phone 1 - Value", "Telephone", "Telephone number", "Tel", "Tel. No.",
        "Mobile", "Mobile phone", "Mobile number", "Mobile phone number", "Cell", "Cell phone", "Cellphone",
        "Home phone", "Work phone", "Business phone", "Other phone", "Primary phone", "Car phone",
        "Radio phone", "WhatsApp phone number", "Landline", "Phone - Work", "Phone - Home", "Phone - Mobile",
        "Phone - Other", "Person - Phone", "Person - Phone - Work", "Person - Phone - Home",
        "Person - Phone - Mobile", "Person - Phone - Other", "Teléfono", "Teléfono móvil", "Teléfono fijo",
        "Móvil", "Celular", "Número de teléfono", "Teléfono particular", "Teléfono del trabajo", "Telefon",
        "Telefonnummer", "Tel. privat", "Telefon privat", "Telefon geschäftlich", "Handy", "Handynummer",
        "Mobil", "Mobiltelefon", "Mobilnummer", "Festnetz", "Rufnummer", "Téléphone", "Téléphone portable",
        "Téléphone mobile", "Téléphone fixe", "Numéro de téléphone", "Portable", "Telefono", "Cellulare",
        "Numero di telefono", "Telefono cellulare", "Telefone", "Telemóvel", "Telefone celular",
        "Número de telefone", "Telefoonnummer", "Telefoon", "Mobiel", "Mobiele telefoon",
    ),
    "company": (
        "Company", "Company name", "Organization", "Organisation", "Organization name",
        "Organization 1 - Name", "Account name", "Person - Organization", "Employer", "Empresa", "Firma",
        "Unternehmen", "Société", "Entreprise", "Azienda", "Società", "Ragione sociale", "Companhia",
        "Bedrijf", "Bedrijfsnaam",
    ),
    "created_at": (
        "Created", "Created at", "Created date", "Create date", "Date created", "Creation date",
        "Occurred at", "Person created", "Person - Person created", "Add time", "Fecha de creación",
        "Fecha de alta", "Erstellt", "Erstellt am", "Angelegt am", "Erstellungsdatum", "Date de création",
        "Créé le", "Data di creazione", "Creato il", "Data de criação", "Criado em", "Aangemaakt op",
        "Aanmaakdatum",
    ),
    "updated_at": (
        "Updated", "Updated at", "Update time", "Person - Update time", "Last updated", "Modified",
        "Modified at", "Last modified", "Last modified date", "Date modified",
        "Fecha de modificación", "Última modificación", "Geändert", "Geändert am", "Zuletzt geändert",
        "Änderungsdatum", "Date de modification", "Modifié le", "Data di modifica", "Ultima modifica",
        "Data de modificação", "Modificado em", "Gewijzigd op", "Wijzigingsdatum",
    ),
    "note": (
        "Note", "Notes", "Comment", "Comments", "Remarks", "Nota", "Notas", "Observaciones", "Comentarios",
        "Notiz", "Notizen", "Bemerkung", "Bemerkungen", "Anmerkungen", "Remarque", "Remarques",
        "Commentaire", "Commentaires", "Note interne", "Osservazioni", "Commenti", "Observações",
        "Comentários", "Opmerking", "Opmerkingen", "Notitie", "Notities",
    ),
}  # fmt: skip

ACCOUNT_HEADERS: tuple[str, ...] = (
    "Customer number", "Customer No.", "Customer ID", "Client number", "Client ID", "Account number",
    "Account ID", "Número de cliente", "ID de cliente", "Código de cliente", "Kundennummer", "Kunden-Nr.",
    "Kundennr.", "Numéro client", "Numéro de client", "N° client", "Code client", "Codice cliente",
    "Numero cliente", "Número do cliente", "Código do cliente", "Klantnummer", "Klantnr.",
)  # fmt: skip
"""Headers of what looks like an account. It is never guessed: an equal account makes two rows one person, and
many of these numbers belong to a company that several people work for."""

KEPT_HEADERS: tuple[str, ...] = (
    "E-mail 1 - Label", "E-mail 1 - Type", "Phone 1 - Label", "Phone 1 - Type", "Address 1 - Label",
    "Address 1 - Type", "Address 1 - Formatted", "Address 1 - Street", "Address 1 - City",
    "Address 1 - PO Box", "Address 1 - Region", "Address 1 - Postal Code", "Address 1 - Country",
    "Address 1 - Extended Address", "Website 1 - Label", "Website 1 - Type", "Website 1 - Value",
    "Custom Field 1 - Label", "Custom Field 1 - Type", "Custom Field 1 - Value", "Relation 1 - Label",
    "Relation 1 - Type", "Relation 1 - Value", "Event 1 - Label", "Event 1 - Type", "Event 1 - Value",
    "Organization 1 - Type", "Organization 1 - Yomi Name", "Organization 1 - Title",
    "Organization 1 - Department", "Organization 1 - Symbol", "Organization 1 - Location",
    "Organization 1 - Job Description", "Organization Title", "Organization Department",
    "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name", "Yomi Name", "Given Name Yomi",
    "Additional Name Yomi", "Family Name Yomi", "Name Prefix", "Nickname", "File As", "Birthday", "Photo",
    "Labels", "Group Membership", "Initials", "Short Name", "Maiden Name", "Gender", "Location",
    "Billing Information", "Directory Server", "Mileage", "Occupation", "Hobby", "Sensitivity", "Priority",
    "Subject", "Language", "Title", "Web Page", "Personal Web Page", "Business Web Page", "Anniversary",
    "Internet Free Busy", "Pager", "Home Fax", "Business Fax", "Other Fax", "Home Address", "Home Street",
    "Home Address PO Box", "Home City", "Home State", "Home Postal Code", "Home Country", "Spouse",
    "Children", "Manager's Name", "Assistant's Name", "Referred By", "Company Main Phone",
    "Assistant's Phone", "Job Title", "Department", "Office Location", "Organizational ID Number",
    "Profession", "Account", "Business Address", "Business Street", "Business Address PO Box",
    "Business City", "Business State", "Business Postal Code", "Business Country", "Other Address",
    "Other Street", "Other Address PO Box", "Other City", "Other State", "Other Postal Code",
    "Other Country", "Callback", "ISDN", "TTY/TDD Phone", "Telex", "User 1", "Keywords", "Private",
    "Categories",
)  # fmt: skip
"""Headers of Google Contacts and Outlook that go to the profile without a word: every export has them.

Fax, pager, the company's main line and the assistant's phone are among them: nobody is reached there who is
the contact."""


def normal(header: str) -> str:
    """Return a header without what people write differently.

    >>> normal("Téléphone "), normal("E-Mail Adresse:"), normal("STRASSE") == normal("Straße")
    ('telephone', 'emailadresse', True)
    """
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


_NUMBER = re.compile(r"\d+")


def unnumbered(header: str) -> str:
    """Return a header in its normal form without a number.

    >>> unnumbered("E-mail 2 - Value")
    'emailvalue'
    """
    return _NUMBER.sub("", normal(header))


_TARGETS = {unnumbered(header): target for target, headers in HEADERS.items() for header in headers}
_ACCOUNTS = frozenset(map(unnumbered, ACCOUNT_HEADERS))
_KEPT = frozenset(map(unnumbered, KEPT_HEADERS))


def guessed_target(header: str) -> str | None:
    """Return the target that a header names by itself.

    >>> guessed_target("Phone 3 - Value"), guessed_target("apellidos"), guessed_target("Kundennummer")
    ('phone', 'last_name', None)
    """
    return _TARGETS.get(unnumbered(header))


def looks_like_account(header: str) -> bool:
    """Tell whether a header names a customer's number."""
    return unnumbered(header) in _ACCOUNTS


def is_kept(header: str) -> bool:
    """Tell whether a header is one that well-known exports always have."""
    return unnumbered(header) in _KEPT
