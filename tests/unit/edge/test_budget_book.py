"""What was spent is counted once, by whichever worker, and forgotten a day after it began."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from proctor.edge.budget_book import MOST, WINDOW
from proctor.edge.store import Store
from proctor.terms import Column, Relation

EMAIL = Column(Relation("public", "customers"), "email")
PHONE = Column(Relation("public", "customers"), "phone")
NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


def test_sums_are_kept_for_each_owner_database_and_column(tmp_path: Path) -> None:
    with Store.open(tmp_path, migrate=True) as store:
        book = store.budgets
        assert book.spend("alice", "shop", {EMAIL: 2, PHONE: 1}, NOW) == {EMAIL: 2, PHONE: 1}
        assert book.spend("alice", "shop", {EMAIL: 1}, NOW) == {EMAIL: 3}
        assert book.spend("bob", "shop", {EMAIL: 1}, NOW) == {EMAIL: 1}
        assert book.spend("alice", "other", {EMAIL: 1}, NOW) == {EMAIL: 1}


def test_what_was_spent_survives_a_restart_and_ends_with_its_window(tmp_path: Path) -> None:
    with Store.open(tmp_path, migrate=True) as store:
        store.budgets.spend("alice", "shop", {EMAIL: 2}, NOW)
    with Store.open(tmp_path) as store:
        assert store.budgets.spend("alice", "shop", {EMAIL: 1}, NOW + WINDOW - timedelta(seconds=1)) == {EMAIL: 3}
        assert store.budgets.spend("alice", "shop", {EMAIL: 1}, NOW + WINDOW) == {EMAIL: 1}


def test_a_clock_that_goes_back_gives_no_new_window(tmp_path: Path) -> None:
    with Store.open(tmp_path, migrate=True) as store:
        store.budgets.spend("alice", "shop", {EMAIL: 2}, NOW)
        assert store.budgets.spend("alice", "shop", {EMAIL: 1}, NOW - 10 * WINDOW) == {EMAIL: 3}


def test_what_does_not_run_is_paid_back_and_never_more_than_was_spent(tmp_path: Path) -> None:
    with Store.open(tmp_path, migrate=True) as store:
        store.budgets.spend("alice", "shop", {EMAIL: 2}, NOW)
        store.budgets.refund("alice", "shop", {EMAIL: 1, PHONE: 1})
        assert store.budgets.spend("alice", "shop", {EMAIL: 1}, NOW) == {EMAIL: 2}
        store.budgets.refund("alice", "shop", {EMAIL: 9})
        assert store.budgets.spend("alice", "shop", {EMAIL: MOST, PHONE: 1}, NOW) == {EMAIL: MOST, PHONE: 1}


def test_workers_that_spend_at_once_lose_no_count(tmp_path: Path) -> None:
    Store.open(tmp_path, migrate=True).close()

    def worker(_: int) -> list[int]:
        with Store.open(tmp_path) as store:
            return [store.budgets.spend("alice", "shop", {EMAIL: 1}, NOW)[EMAIL] for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        seen = sorted(n for sums in pool.map(worker, range(4)) for n in sums)
    assert seen == list(range(1, 41))
