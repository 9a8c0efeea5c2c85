"""What services take, as their public documentation says: fields, required ones, limits. JSON Schema, 2020-12."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

TEXT = {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": "^https?://"}

# https://developer.pagerduty.com/docs/events-api-v2-overview and …/docs/send-alert-event
PAGERDUTY: dict[str, Any] = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "client": TEXT,
        "client_url": URL,
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["href"],
                "properties": {"href": URL, "text": TEXT},
                "additionalProperties": False,
            },
        },
        "images": {"type": "array", "items": {"type": "object", "required": ["src"]}},
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": TEXT,
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": TEXT,
                "component": TEXT,
                "group": TEXT,
                "class": TEXT,
                "custom_details": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
    "additionalProperties": False,
}

# https://docs.slack.dev/reference/block-kit/blocks/header-block and …/section-block, …/context-block
PLAIN = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "plain_text"},
        "text": {"type": "string", "minLength": 1, "maxLength": 150},
        "emoji": {"type": "boolean"},
    },
    "additionalProperties": False,
}
BLOCK = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "text"],
            "properties": {"type": {"const": "header"}, "text": PLAIN},
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["type", "text"],
            "properties": {
                "type": {"const": "section"},
                "text": {
                    "type": "object",
                    "required": ["type", "text"],
                    "properties": {
                        "type": {"enum": ["plain_text", "mrkdwn"]},
                        "text": {"type": "string", "minLength": 1, "maxLength": 3000},
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["type", "elements"],
            "properties": {
                "type": {"const": "context"},
                "elements": {"type": "array", "minItems": 1, "maxItems": 10},
            },
            "additionalProperties": False,
        },
    ]
}
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
# https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
SLACK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": TEXT,
        "mrkdwn": {"type": "boolean"},
        "channel": {"type": "string", "pattern": "^[#@CDGU]"},
        "username": TEXT,
        "icon_url": URL,
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "minLength": 1},
                    "text": {"type": "string", "minLength": 1, "maxLength": 40000},
                    "color": {"type": "string", "pattern": "^(good|warning|danger|#[0-9A-Fa-f]{6})$"},
                    "footer": {"type": "string", "maxLength": 300},
                    "footer_icon": URL,
                    "ts": {"type": "number"},
                    "blocks": {"type": "array", "minItems": 1, "maxItems": 50, "items": BLOCK},
                },
                "anyOf": [{"required": ["text"]}, {"required": ["blocks"]}],
                "additionalProperties": False,
            },
        },
    },
    "anyOf": [{"required": ["text"]}, {"required": ["attachments"]}],
    "additionalProperties": False,
}

# https://docs.opsgenie.com/docs/alert-api#create-alert
OPSGENIE: dict[str, Any] = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": 130},
        "alias": {"type": "string", "minLength": 1, "maxLength": 512},
        "description": {"type": "string", "maxLength": 15000},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "source": {"type": "string", "maxLength": 100},
        "priority": {"enum": ["P1", "P2", "P3", "P4", "P5"]},
        "entity": {"type": "string", "maxLength": 512},
        "user": {"type": "string", "maxLength": 100},
        "note": {"type": "string", "maxLength": 25000},
    },
    "additionalProperties": False,
}

# https://docs.discord.com/developers/resources/webhook#execute-webhook
DISCORD: dict[str, Any] = {
    "type": "object",
    "required": ["content"],
    "properties": {
        "content": {"type": "string", "minLength": 1, "maxLength": 2000},
        "tts": {"type": "boolean"},
        "wait": {"type": "boolean"},
    },
    "additionalProperties": False,
}

# https://docs.ntfy.sh/publish/#publish-as-json; a message above 4,096 bytes becomes a file.
NTFY: dict[str, Any] = {
    "type": "object",
    "required": ["topic", "message"],
    "properties": {
        "topic": {"type": "string", "pattern": "^[-_A-Za-z0-9]{1,64}$"},
        "message": {"type": "string", "minLength": 1, "maxLength": 4096},
        "title": TEXT,
        "priority": {"type": "integer", "minimum": 1, "maximum": 5},
        "tags": {"type": "array", "items": TEXT},
        "click": URL,
        "icon": URL,
    },
    "additionalProperties": False,
}

# https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook and
# https://adaptivecards.io/explorer/AdaptiveCard.html; a message has at most 28 KB.
TEAMS: dict[str, Any] = {
    "type": "object",
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": {
                        "type": "object",
                        "required": ["type", "version", "body"],
                        "properties": {
                            "type": {"const": "AdaptiveCard"},
                            "body": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["type", "text"],
                                    "properties": {"type": {"const": "TextBlock"}, "text": TEXT},
                                },
                            },
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def wrong(schema: dict[str, Any], sent: Any) -> list[str]:
    """What the service would refuse it for; empty when it takes it."""
    return [
        f"{list(one.instance_path)}: {one.message}" for one in jsonschema_rs.validator_for(schema).iter_errors(sent)
    ]
