"""Arguments: a name that nothing takes is answered with the one that is meant.

People write what other libraries call it, so words come before spelling.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
R = TypeVar("R")

_MEANT: Final = {
    "origin url": "url src address connector connector_url host base_url endpoint uri server",
    "region": "country country_code countrycode locale lang language default_region",
    "directory frame contacts": "contacts customers people df data dataframe frame rows table "
    "address_book addressbook phonebook directory",
    "auth": "token api_key apikey key password credentials secret access_token bearer login",
    "user": "agent current_user username me",
    "crm_data": "settings config crm_settings crmdata",
    "crm": "adapter backend api",
    "handlers": "callbacks functions events on",
    "allow_origins": "origins allowed_origins allow trusted_origins",
    "journal": "log_file logfile db database store",
    "timeout patience silence": "wait seconds limit time_limit timeout patience",
    "placement": "dock position layout place",
    "items": "results data list rows path",
    "columns fields": "mapping names fields columns rename",
    "caller": "number phone ani from_number",
}


def unknown(where: str, given: str, known: Iterable[str]) -> TypeError:
    """The error for an argument that `where` does not take."""
    names = list(known)
    return TypeError(f"{where}() has no argument {given!r}. {_advice(given, names)}")


def _advice(given: str, known: list[str]) -> str:
    word = given.casefold().strip("_")
    for meant, words in _MEANT.items():
        if word in words.split():
            for name in meant.split():
                if name in known:
                    return f"Did you mean {name!r}?"
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."


def advises(function: Callable[P, R], more: Callable[..., object] | None = None) -> Callable[P, R]:
    """Say so where it is called with a name that it does not take; for methods of classes, too.

    more: what gets the names that the function passes on.
    """
    named = list(dict.fromkeys([*_names(function), *(() if more is None else _names(more))]))
    known = frozenset(named)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not kwargs.keys() <= known:
            given = next(name for name in kwargs if name not in known)
            method = function.__name__
            raise unknown(type(args[0]).__name__ if method == "__init__" else method, given, named)
        return function(*args, **kwargs)

    return cast("Callable[P, R]", checked)


def _names(function: Callable[..., object]) -> list[str]:
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind in by_name and one.name != "self"]
