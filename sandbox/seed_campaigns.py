"""The six campaigns of the sandbox's first data and their agents, without the store's defaults.

Everything in them is fictional: +1 555 01xx and example.com.
"""

from sandbox.tables import Row

CAMPAIGNS: tuple[Row, ...] = (
    {
        "campaign_name": "Appointment reminders",
        "campaign_variables": {"clinic": "Harbor View Clinic", "callback_number": "+15550110"},
        "timezone": "America/New_York",
        "source": "+15550110",
        "rate": 6,
        "more": {
            "description": "Calls patients two days before their appointment and offers to move it.",
            "label": "reminders",
            "caller_id": "+15550110",
            "retry_count": 2,
            "retry_interval": "30m",
            "mode": "voice",
            "labels": ["reminders", "clinic"],
            "agent_id": 1,
        },
    },
    {
        "campaign_name": "Flu vaccination 2026: invitation of everyone over sixty who has no appointment yet",
        "campaign_variables": {"season": "2026/27", "booking_page": "https://example.com/flu"},
        "daily_start_time": "09:00:00",
        "daily_end_time": "17:00:00",
        "timezone": "America/Chicago",
        "source": "+15550121",
        "rate": 30,
        "more": {
            "description": "Invites by voice; stops as soon as the doses are booked out.",
            "label": "vaccination",
            "caller_id": "+15550121",
            "retry_count": 1,
            "retry_interval": "12h",
            "mode": "voice",
            "labels": ["vaccination"],
            "max_daily_calls": 2500,
            "active_days": ["mon", "tue", "wed", "thu", "fri", "sat"],
            "voicemail_detection": {"mode": "v2", "voicemail_detection_overall_timeout": 30.0},
            "outreach_override_rules": {
                "days": {"sat": {"daily_start_time": "10:00:00", "daily_end_time": "14:00:00", "max_daily_calls": 500}},
                "dates": {},
            },
        },
    },
    {
        "campaign_name": "Rappel de paiement à Québec · 御請求",
        "campaign_variables": {"langue": "fr-CA", "service": "Facturation générale"},
        "daily_start_time": "10:00:00",
        "daily_end_time": "19:30:00",
        "timezone": "America/Toronto",
        "source": "+15550132",
        "rate": 4,
        "more": {
            "description": "Appels en français pour les factures échues depuis trente jours.",
            "label": "billing",
            "caller_id": "+15550132",
            "retry_count": 3,
            "retry_interval": "7d",
            "mode": "voice",
            "labels": ["billing", "français"],
            "allowed_line_types": ["mobile", "landline"],
        },
    },
    {
        "campaign_name": "Prescription ready (SMS)",
        "campaign_variables": {"pharmacy": "Elm Street Pharmacy"},
        "timezone": "America/Los_Angeles",
        "source": "+15550143",
        "rate": 20,
        "more": {
            "description": "A text as soon as a prescription can be picked up.",
            "label": "sms",
            "mode": "sms",
            "sms_session_ttl": 720,
        },
    },
    {
        "campaign_name": "Visit feedback (email)",
        "campaign_variables": {"survey": "https://example.com/survey", "sender": "Care team"},
        "daily_start_time": "20:00:00",
        "daily_end_time": "06:00:00",
        "timezone": "Europe/Berlin",
        "source": "feedback@example.com",
        "rate": 60,
        "more": {"description": "Asks for a rating the night after a visit.", "label": "email", "mode": "email"},
    },
    {
        "campaign_name": "Welcome calls",
        "campaign_variables": {"team": "Member services"},
        "timezone": "Asia/Tokyo",
        "source": "+15550165",
        "rate": 3,
        "more": {"caller_id": "+15550165", "pause_seconds": 30, "mode": "voice"},
    },
)
# Each with its mode, its address and its zone, which is that of the campaign. One is assigned to its campaign, four can
# only be told from the campaign's source, and the agent of the welcome calls is not known.
AGENTS = (
    ("Appointment reminder", "voice", "+15550110", "America/New_York"),
    ("Vaccination invitation", "voice", "+15550121", "America/Chicago"),
    ("Facturation", "voice", "+15550132", "America/Toronto"),
    ("Pharmacy", "sms", "+15550143", "America/Los_Angeles"),
    ("Feedback", "email", "feedback@example.com", "Europe/Berlin"),
)
# The campaign with rules gets these for dates, by days from now.
DATE_RULES: dict[int, Row] = {
    2: {"active": False},
    4: {"daily_end_time": "12:00:00"},
    6: {"daily_start_time": "11:00:00", "max_daily_calls": 200},
    9: {"max_daily_calls": 0},
}
AUTHORS = ("mara.lindqvist@example.com", "j.okafor@example.com", "night-import@example.com", "priya.raman@example.com")
REASONS = (
    "The list was uploaded twice",
    "Wrong clinic in the greeting",
    "Customer asked us to stop until the new consent form is signed",
    "Superseded by the corrected list of the same day",
    "Test run",
)
ERRORS = ("Invalid file format", "Missing required fields: target", "Row 17: target is not a phone number")
FIRST_NAMES = ("Ada", "Bao", "Chidi", "Dalia", "Emre", "Freja", "Goran", "Hana", "Inés", "Jonas", "Keiko", "Luca")
LAST_NAMES = ("Abara", "Brandt", "Castillo", "Dubois", "Eriksen", "Farouk", "Guzmán", "Haas", "Ito", "Jansen", "Kovač")
