"""BottleCRM's first data; run by its Python. Prints the credentials as JSON.

Four people as the notebooks know them, each number written in another way, two who share one;
people enough for three pages; people whose data are nasty; custom fields; tokens of each kind.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from common.models import CustomFieldDefinition, Org, PersonalAccessToken, Profile, User  # noqa: E402
from common.serializer import OrgAwareRefreshToken  # noqa: E402
from contacts.models import Contact  # noqa: E402
from django.utils import timezone  # noqa: E402

PEOPLE = [
    ("Bo", "Larsen", "(202) 555-0143", "bo@example.com"),
    ("Ines", "Okafor", "+442079460018", "ines@example.com"),
    ("Sam", "Reyes", "+1 415 555 0132", "sam@example.com"),
    ("Kit", "Reyes", "415-555-0132", "kit@example.com"),
    # nasty
    ("=HYPERLINK(1)", "@SUM(A1)", "+1-202-555-0101", "formula@example.com"),
    ('Quo"te', "O'Neill; DROP--", "202.555.0102", "quote@example.com"),
    ("\u202e\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "+12025550103", ""),
    ("<img src=x>", "\U0001f600 & co", "+33 1 99 00 27 51", "tag@example.com"),
    ("No", "Number", None, "none@example.com"),
]
FIELDS = [
    (
        "plan",
        "Plan",
        "dropdown",
        [{"value": "gold", "label": "Gold"}, {"value": "s", "label": "S"}],
    ),
    ("case_id", "Case", "text", None),
    ("seats", "Seats", "number", None),
    ("renews", "Renews", "date", None),
    ("vip", "VIP", "checkbox", None),
]

org = Org.objects.create(name="Example", default_country="US")
user = User.objects.create_superuser("ada@example.com", "unused")
User.objects.filter(pk=user.pk).update(name="Ada Marsh")
profile = Profile.objects.create(user=user, org=org, role="ADMIN")
for number in range(25):
    Contact.objects.create(
        org=org,
        first_name="Person",
        last_name=f"{number:02}",
        phone=f"+1 202 555 01{number + 60}",
        email=f"person-{number:02}@example.com",
    )
for first, last, phone, email in PEOPLE:
    Contact.objects.create(
        org=org,
        first_name=first,
        last_name=last,
        phone=phone,
        email=email or None,
        custom_fields={"plan": "gold"} if first == "Bo" else {},
    )
for order, (key, label, kind, options) in enumerate(FIELDS):
    CustomFieldDefinition.objects.create(
        org=org,
        target_model="Contact",
        key=key,
        label=label,
        field_type=kind,
        options=options,
        display_order=order,
        is_active=True,
    )
yesterday = timezone.now() - timedelta(days=1)
json.dump(
    {
        "jwt": str(OrgAwareRefreshToken.for_user_and_org(user, org, profile).access_token),
        "personal": PersonalAccessToken.generate(profile, "all")[0],
        "reader": PersonalAccessToken.generate(profile, "read", scopes=["contacts:read"])[0],
        "expired": PersonalAccessToken.generate(profile, "old", expires_at=yesterday)[0],
        "organisation": org.api_key,
        "people": 25 + len(PEOPLE),
    },
    sys.stdout,
)
