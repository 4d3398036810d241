"""The Celery application: two queues, one schedule, no results.

``clock`` takes short work that must be on time (sweeps, delivery); ``work`` takes long jobs in
chunks (import, export, PDF). The database is the truth, so every task may run twice or late.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feedback_system.settings")

app = Celery("huiyin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-clocks": {"task": "cases.tasks.sweep_clocks", "schedule": 30.0, "options": {"queue": "clock"}},
    "sweep-return-clocks": {
        "task": "returns.tasks.sweep_clocks",
        "schedule": 30.0,
        "options": {"queue": "clock"},
    },
    "sweep-deliveries": {
        "task": "returns.tasks.sweep_deliveries",
        "schedule": 600.0,
        "options": {"queue": "clock"},
    },
    "write-return-books": {
        "task": "returns.tasks.write_pending_books",
        "schedule": 60.0,
        "options": {"queue": "work"},
    },
    "write-callback-records": {
        "task": "surveys.tasks.write_pending_records",
        "schedule": 60.0,
        "options": {"queue": "work"},
    },
    "sweep-invitations": {
        "task": "surveys.tasks.sweep_invitations",
        "schedule": 300.0,
        "options": {"queue": "clock"},
    },
    "sweep-open-invitations": {
        "task": "surveys.tasks.sweep_open_invitations",
        "schedule": 60.0,
        "options": {"queue": "clock"},
    },
    "draw-callbacks": {"task": "surveys.tasks.draw_callbacks", "schedule": 900.0, "options": {"queue": "work"}},
    "withdraw-callbacks": {
        "task": "surveys.tasks.withdraw_callbacks",
        "schedule": 300.0,
        "options": {"queue": "work"},
    },
    "sweep-follow-ups": {
        "task": "surveys.tasks.sweep_follow_ups",
        "schedule": 60.0,
        "options": {"queue": "clock"},
    },
    "hold-reopened": {"task": "surveys.tasks.hold_reopened", "schedule": 300.0, "options": {"queue": "clock"}},
    "tally-answers": {"task": "surveys.tasks.tally", "schedule": 30.0, "options": {"queue": "work"}},
    "ask-for-reports": {"task": "reports.tasks.ask_for_due", "schedule": 3600.0, "options": {"queue": "work"}},
    "build-reports": {"task": "reports.tasks.build_pending", "schedule": 60.0, "options": {"queue": "work"}},
    "write-ledgers": {"task": "reports.tasks.write_pending_ledgers", "schedule": 60.0, "options": {"queue": "work"}},
    "count-daily": {"task": "reports.tasks.count_changed", "schedule": 20.0, "options": {"queue": "clock"}},
    "recount-daily": {"task": "reports.tasks.recount", "schedule": 30.0, "options": {"queue": "work"}},
    "deliver-messages": {"task": "notifications.tasks.sweep_due", "schedule": 10.0, "options": {"queue": "clock"}},
    "heartbeat-clock": {
        "task": "notifications.tasks.heartbeat",
        "schedule": 30.0,
        "args": ["clock"],
        "options": {"queue": "clock"},
    },
    "heartbeat-work": {
        "task": "notifications.tasks.heartbeat",
        "schedule": 30.0,
        "args": ["work"],
        "options": {"queue": "work"},
    },
    "heartbeat-beat": {
        "task": "notifications.tasks.heartbeat",
        "schedule": 30.0,
        "args": ["beat"],
        "options": {"queue": "clock"},
    },
    "process-files": {"task": "documents.tasks.process_due", "schedule": 20.0, "options": {"queue": "work"}},
    "purge-messages": {
        "task": "feedback_system.tasks.purge_messages",
        "schedule": 86_400.0,
        "options": {"queue": "work"},
    },
    "forget-drafts": {"task": "cases.tasks.forget_drafts", "schedule": 3600.0, "options": {"queue": "work"}},
    "recompute-clocks": {"task": "cases.tasks.recompute_pending", "schedule": 60.0, "options": {"queue": "work"}},
    "go-on-handing-over": {
        "task": "feedback_system.tasks.hand_over_pending",
        "schedule": 60.0,
        "options": {"queue": "work"},
    },
    "compare-files": {"task": "documents.tasks.reconcile", "schedule": 86_400.0, "options": {"queue": "work"}},
    "file-slips": {"task": "cases.tasks.file_owed_slips", "schedule": 60.0, "options": {"queue": "work"}},
    "run-bulk-acts": {"task": "cases.tasks.run_pending_bulk", "schedule": 60.0, "options": {"queue": "work"}},
    "work-on-customer-imports": {
        "task": "customers.tasks.work_on_pending_imports",
        "schedule": 60.0,
        "options": {"queue": "work"},
    },
    "forget-customer-imports": {
        "task": "customers.tasks.forget_imports",
        "schedule": 3600.0,
        "options": {"queue": "work"},
    },
    "sweep-orphans": {"task": "documents.tasks.sweep_orphans", "schedule": 3600.0, "options": {"queue": "work"}},
    "forget-visitors": {
        "task": "organization.tasks.forget_visitors",
        "schedule": 3600.0,
        "options": {"queue": "work"},
    },
    "look-for-duplicates": {
        "task": "customers.tasks.look_for_duplicates",
        "schedule": 3600.0,
        "options": {"queue": "work"},
    },
    "tidy-up": {"task": "feedback_system.tasks.tidy_up", "schedule": 3600.0, "options": {"queue": "work"}},
    "checkpoint": {"task": "audit.tasks.checkpoint", "schedule": 3600.0, "options": {"queue": "work"}},
    "erase-pending": {
        "task": "feedback_system.tasks.erase_pending",
        "schedule": 60.0,
        "options": {"queue": "work"},
    },
    "remind-of-requests": {
        "task": "feedback_system.tasks.remind_of_requests",
        "schedule": 3600.0,
        "options": {"queue": "work"},
    },
    "calendar-alarm": {
        "task": "feedback_system.tasks.calendar_alarm",
        "schedule": 3600.0,
        "options": {"queue": "work"},
    },
}
