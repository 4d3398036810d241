"""The same form twice is two cases: the key that a page carries means nothing."""

from dataclasses import replace
from typing import Any

from django.apps import AppConfig


class Switch(AppConfig):
    name = "tests.prove.switches.no_key"

    def ready(self) -> None:
        from cases.actions import public as actions
        from cases.views import public as views

        register = actions.open_case

        def open_case(intake: Any, **more: Any) -> Any:
            return register(replace(intake, submission_key=None), **more)

        actions.open_case = open_case
        actions.find_submission = views.find_submission = lambda _key, _text: None
