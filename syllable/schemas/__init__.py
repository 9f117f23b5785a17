"""The API's answers and our requests, typed."""

from syllable.schemas.campaigns import Agent, Campaign, ChannelTarget, OutreachOverrideRules, ScheduleOverride
from syllable.schemas.fields import Answer
from syllable.schemas.inputs import KEEP, Abilities, BatchEdit, BatchQuery, EditKind, Keep
from syllable.schemas.objects import AnswerT, Batch, Page, RequestResult, read_rows
from syllable.schemas.status import NOT_OVER, OVER, OVER_REQUESTS, RUNNING, BatchStatus, typed_status
from syllable.schemas.text import encodable, encodable_json, plain_text
from syllable.schemas.timestamp import Timestamp
from syllable.schemas.under_way import (
    RequestCounts,
    Stage,
    request_counts,
    requests_under_way,
    result_counts,
    stage,
    told_status,
)
