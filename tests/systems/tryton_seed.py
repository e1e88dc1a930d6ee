"""Tryton's first data; run by its Python, in a database that has the module `party`.

The four people of the notebooks and enough others for three pages of ten. Numbers are in a table
of their own; Tryton keeps only valid ones, with their country code.
"""

import sys

from trytond import config
from trytond.pool import Pool
from trytond.transaction import Transaction

PEOPLE = [
    ("Bo Larsen", [("mobile", "+12025550143"), ("email", "bo@example.com")]),
    ("Ines Okafor", [("phone", "+442079460018"), ("mobile", "+12025550101")]),
    ("Sam Reyes", [("phone", "+14155550132"), ("fax", "+14155550199")]),
    ("Kit Reyes", [("phone", "+14155550132"), ("sip", "4021@example.com")]),
    ('=HYPERLINK(1) "O\'Neill" \u202e\u05e9\u05dc\u05d5\u05dd', [("other", "+1 202 555 0102")]),
    ("Nobody", []),
]

config.update_etc(sys.argv[1])
pool = Pool("crm")
with Transaction().start("crm", 0, readonly=True):
    pool.init()
with Transaction().start("crm", 1):
    Party, User, Lang = (pool.get(name) for name in ("party.party", "res.user", "ir.lang"))
    (English,) = Lang.search([("code", "=", "en")])
    (Ada,) = User.create(
        [
            {
                "name": "Ada Marsh",
                "login": "ada",
                "email": "ada@example.com",
                "language": English.id,
                "password": "correct horse battery",
            }
        ]
    )
    people = PEOPLE + [
        (f"Person {number:02}", [("phone", f"+120255501{number + 60}")]) for number in range(25)
    ]
    for name, mechanisms in people:
        Party.create(
            [
                {
                    "name": name,
                    "contact_mechanisms": [
                        ("create", [{"type": kind, "value": value} for kind, value in mechanisms])
                    ],
                }
            ]
        )
