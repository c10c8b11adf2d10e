"""Gives Schemathesis what no schema can say: ids that exist, and a test in the state that an operation needs.

Requests that are asked for that are written to $PREPARATIONS, a line each, so that they are not taken for its own.
"""

import os
import uuid

import requests
import schemathesis

BASE = os.environ["BASE_URL"]
PASSWORD = "correct horse battery"


def ask(method, route, token=os.environ["ACCESS_TOKEN"], id=None, **options):
    answer = requests.request(
        method, BASE + route.replace("{id}", str(id)), headers={"Authorization": f"Bearer {token}"}, timeout=30, **options
    )
    answer.raise_for_status()
    with open(os.environ["PREPARATIONS"], "a") as file:
        print(method, route, answer.status_code, file=file)
    return answer.json()


def end_the_test():
    active = ask("GET", "/test/active")
    if active:
        ask("POST", "/test/{id}/abandon", id=active["session"]["id"])


def new_test(questions=1, adaptive="false"):
    end_the_test()
    return ask("POST", "/test/start", params={"question_count": questions, "adaptive": adaptive})


def session_id(case):
    case.path_parameters["id"] = new_test()["session"]["id"]


def result_id(case):
    submission = {"session_id": new_test()["session"]["id"], "responses": [], "time_limit_exceeded": True}
    case.path_parameters["id"] = ask("POST", "/test/submit", json=submission)["result"]["id"]


def no_test(case):
    end_the_test()


def answers(case):
    # A hundred questions are the most that a test has.
    responses = case.body["responses"] = case.body["responses"][:100]
    started = new_test(max(len(responses), 1))
    case.body["session_id"] = started["session"]["id"]
    for response, question in zip(responses, started["questions"]):
        response["question_id"] = question["id"]


def answer(case):
    started = new_test(2, adaptive="true")
    case.body["session_id"] = started["session"]["id"]
    case.body["question_id"] = started["questions"][0]["id"]


def right_password(case):
    case.body.update(email=os.environ["EMAIL"], password=PASSWORD)


def refresh_token(case):
    if isinstance(case.body, dict) and "refresh_token" in case.body:
        case.body["refresh_token"] = os.environ["REFRESH_TOKEN"]


def new_user(case):
    # Those operations end the token that they are given.
    registration = {"email": f"{uuid.uuid4()}@example.com", "password": PASSWORD, "first_name": "A", "last_name": "B"}
    case.headers["Authorization"] = "Bearer " + ask("POST", "/auth/register", json=registration)["access_token"]


PREPARE = {
    ("POST", "/auth/login"): right_password,
    ("POST", "/auth/logout"): new_user,
    ("POST", "/auth/refresh"): refresh_token,
    ("DELETE", "/user/delete-account"): new_user,
    ("GET", "/test/start"): no_test,
    ("POST", "/test/start"): no_test,
    ("POST", "/test/next"): answer,
    ("POST", "/test/submit"): answers,
    ("POST", "/test/{id}/abandon"): session_id,
    ("GET", "/test/session/{id}"): session_id,
    ("GET", "/test/results/{id}"): result_id,
}


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = (case.method.upper(), case.operation.path)
    if case.meta and case.meta.generation.mode.is_positive and operation in PREPARE:
        PREPARE[operation](case)
