"""The words by which columns are recognised: direct identifiers, and classes of sensitive content.

Of the classes, only those that carry an article are special categories (Art. 9) or criminal data
(Art. 10) of the GDPR, Regulation (EU) 2016/679. Sex, age and family status are not; they are listed
because anti-discrimination law protects them. A name is a hint and no proof: a person confirms or
corrects the map.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ContentClass:
    """A class of sensitive content, the article that names it (None where none does), and its words."""

    content: str
    article: str | None
    phrases: tuple[str, ...]


def _class(content: str, article: str | None, phrases: str) -> ContentClass:
    return ContentClass(content, article, tuple(phrase.strip() for phrase in phrases.split(",")))


_NINE = "GDPR Art. 9"

CLASSES: tuple[ContentClass, ...] = (
    _class(
        "racial or ethnic origin",
        _NINE,
        "race, races, racial, ethnicity, ethnic, ethnic group, rac p, hisp, hispanic, latino, black, "
        "asian, skin, tribe, caste, indigenous",
    ),
    _class("political opinions", _NINE, "political, party, voted, vote, political party, ideology"),
    _class(
        "religious or philosophical beliefs",
        _NINE,
        "religion, religious, faith, church, creed, denomination, belief",
    ),
    _class("trade union membership", _NINE, "union, trade union, union member, labour union, labor union"),
    _class("genetic data", _NINE, "genetic, gene, genes, genome, genotype, dna, snp, allele"),
    _class("biometric data", _NINE, "biometric, fingerprint, iris scan, face embedding, voiceprint, retina"),
    _class(
        "health",
        _NINE,
        "health, disease, diagnosis, diagnoses, diag, disability, disabled, medication, medications, "
        "medicine, med, insulin, glucose, glu, cholesterol, blood, bmi, cancer, hiv, diabetes, "
        "diabetic, pregnant, pregnancy, patient, hospital, symptom, symptoms, treatment, medical, "
        "lab, lab procedures, procedures, readmitted, smoker, smoking, diabetes med, mental, a c "
        "result, metformin, inpatient, outpatient, emergency",
    ),
    _class(
        "sex life or sexual orientation",
        _NINE,
        "sexual orientation, orientation, sexuality, sex life, gay, lgbt, lgbtq",
    ),
    _class(
        "criminal convictions and offences",
        "GDPR Art. 10",
        "crime, criminal, conviction, convictions, offence, offences, offense, offenses, arrest, "
        "arrests, arrested, charge degree, felony, misdemeanor, felonies, misdemeanors, recid, "
        "recidivism, prison, jail, priors, priors count",
    ),
    _class("sex or gender", None, "sex, gender, male, female, gender identity"),
    _class(
        "age or date of birth",
        None,
        "age, agep, ages, birth, dob, birthdate, born, date of birth, age group",
    ),
    _class(
        "family or marital status",
        None,
        "marital, marital status, married, marriage, spouse, family, famsize, relationship, pstatus, "
        "mar, children, dependents, guardian",
    ),
    _class(
        "nationality, origin or residence status",
        None,
        "nationality, citizen, citizenship, country, native country, national origin, foreign, "
        "foreign worker, immigrant, immigration, pobp, birthplace, place of birth, visa",
    ),
    _class(
        "finances",
        None,
        "income, salary, wage, wages, credit, credit amount, loan, debt, savings, balance, bal, bill "
        "amt, bill, pay amt, bank, mortgage, fam inc, capital, capital gain, capital loss, fare",
    ),
    _class(
        "place",
        None,
        "address, zip, zipcode, postcode, postal code, street, latitude, longitude, lat, lon, gps",
    ),
)

IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "name of a person": ("name", "first name", "last name", "surname", "full name", "firstname", "lastname"),
    "e-mail address": ("email", "e mail", "mail"),
    "telephone number": ("phone", "telephone", "mobile", "tel", "fax"),
    "postal address": ("address", "street", "home address"),
    "official number": (
        "ssn",
        "social security",
        "passport",
        "national id",
        "tax id",
        "driver license",
        "licence no",
    ),
    "account number": ("iban", "account number", "card number", "account no"),
    "number of a person or case": (
        "patient nbr",
        "patient id",
        "person id",
        "customer id",
        "user id",
        "mrn",
        "encounter id",
    ),
    "date of birth": ("dob", "date of birth", "birth date", "birthdate", "birthday"),
    "network address": ("ip", "ip address", "mac address"),
}

RACE_VALUES = frozenset(
    {
        "white", "black", "asian", "caucasian", "african american", "hispanic", "latino", "native american",
        "asian pac islander", "amer indian eskimo", "pacific islander", "indigenous", "hisp",
    }
)  # fmt: skip

RELIGION_VALUES = frozenset(
    {
        "christian", "catholic", "roman catholic", "protestant", "orthodox", "muslim", "islam", "jewish",
        "judaism", "hindu", "hinduism", "buddhist", "buddhism", "sikh", "atheist", "agnostic",
    }
)  # fmt: skip
