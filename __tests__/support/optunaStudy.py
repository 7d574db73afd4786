"""Prints what Optuna reads from a search's optuna.log, and what optuna-dashboard's server answers, where that is installed, as JSON: optunaStudy.py FILE STUDY."""
import io
import json
import sys
from wsgiref.util import setup_testing_defaults

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.ERROR)
file, name = sys.argv[1:]
storage = JournalStorage(JournalFileBackend(file))
study = optuna.load_study(study_name=name, storage=storage)


def trial(one):
    return {
        "number": one.number, "state": one.state.name, "value": one.value, "params": one.params,
        "intermediate": [[step, value] for step, value in sorted(one.intermediate_values.items())],
        "distributions": {key: repr(value) for key, value in one.distributions.items()},
        "attributes": one.user_attrs, "seconds": one.duration and one.duration.total_seconds(),
    }


def dashboard():
    try:
        from optuna_dashboard import wsgi
    except ImportError:
        return None
    app = wsgi(storage)

    def get(path, query=""):
        environ = {}
        setup_testing_defaults(environ)
        environ.update(PATH_INFO=path, QUERY_STRING=query)
        status = []
        body = b"".join(app(environ, lambda line, headers, *rest: status.append(line) or io.BytesIO().write))
        assert status == ["200 OK"], (path, status, body)
        return json.loads(body)

    detail = get("/api/studies/0", "after=0")
    return {
        "studies": [one["study_name"] for one in get("/api/studies")["study_summaries"]],
        "states": [one["state"] for one in detail["trials"]],
        "intermediate": [len(one["intermediate_values"]) for one in detail["trials"]],
    }


print(json.dumps({
    "direction": study.direction.name, "metrics": study.metric_names, "attributes": study.user_attrs,
    "best": study.best_trial.number if any(one.state.name == "COMPLETE" for one in study.trials) else None,
    "trials": [trial(one) for one in study.trials], "dashboard": dashboard(),
}))
