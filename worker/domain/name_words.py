"""Words that stand in names and name nobody, or tell two people of one name apart."""

from worker.domain.keys import table

TITLES = table(
    """
    capt captain dhr doctor dott dottore dottssa doutor dr dra fraulein frau herr lic madam
    madame mademoiselle meneer mevr mevrouw miss mister mlle mme monsieur mr mrs ms mx prof profa
    professor rev reverend senhor senhora senor senora senorita shri sig signor signora signorina sigra
    sir smt sr sra srta
    """
)
"""Dropped at the start of a name; `Sr. Luna` is a gentleman, `Luna Sr.` is a father."""

CREDENTIALS = table("cbe cpa dds dphil esq esquire mba mbe md obe phd")
"""Dropped at the end of a name."""

SUFFIXES = {
    "jr": "jr", "jnr": "jr", "junior": "jr", "filho": "jr", "sr": "sr", "snr": "sr", "senior": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip
"""Tell father, son and grandson apart, who share a name, a house and often a telephone."""

PARTICLES = table(
    """
    bin da das de del den der di do dos du el ibn la las le los mc st te ten ter und van vom von y zu zum
    zur
    """
)
"""Part of the family name that follows, and no name by themselves."""

CONJUNCTIONS = table("& and et und")

NOBODY = table(
    """
    anonymous blank caller caller_unknown cell_phone client cliente customer deleted_user desconocido
    facebook_user first_last first_name_last_name full_name guest guest_user id_unavailable inconnu
    instagram_user kunde last_first mobile_caller n_a n_d name name_unavailable nan nan_nan new_contact
    new_customer new_lead no_caller_id no_name none none_none not_available not_provided null null_null
    object_object out_of_area potential_spam private private_caller private_name private_number
    restricted scam_likely sconosciuto sin_nombre spam_likely spam_risk telemarketer test test_test
    test_user toll_free_call toll_free_caller unavailable unbekannt undefined undefined_undefined
    unknown unknown_caller unknown_name unknown_number unknown_unknown unnamed user visitor voip_caller
    web_visitor website_visitor whatsapp_user wireless_caller withheld
    """
)
"""What switches, forms and programs write for a name."""
