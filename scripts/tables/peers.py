"""Fits the tabular models of other libraries on a table that export.py wrote: peers.py FOLDER SET SEED ...

Prints a line of JSON for each model and seed: scores of the test rows, seconds of fitting, seconds of CPU. Models whose library is not
installed are left out. All get the columns as they are: text one-hot or as categories; validation rows are for early stopping and for the best
epoch of those that have them.
"""
import json
import os
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings('ignore')
THREADS = os.cpu_count()


def read(folder, name):
    with open(os.path.join(folder, 'tables.json')) as file:
        about = next(table for table in json.load(file) if table['name'] == name)
    table = pd.read_csv(os.path.join(folder, f'{name}.csv'), keep_default_na=False, na_values=[''])
    return about['predicts'] == 'classes', table


def scikit_learn(classes, seed, text, numbers):
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
    scaled = ColumnTransformer([('numbers', StandardScaler(), numbers), ('text', OneHotEncoder(handle_unknown='ignore', sparse_output=False), text)])
    ordinal = ColumnTransformer([('numbers', 'passthrough', numbers),
                                 ('text', OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1), text)])
    if classes:
        yield 'sklearn MLP 100', make_pipeline(scaled, MLPClassifier(random_state=seed, max_iter=200))
        yield 'HistGradientBoosting', make_pipeline(ordinal, HistGradientBoostingClassifier(random_state=seed))
    else:
        net = make_pipeline(scaled, MLPRegressor(random_state=seed, max_iter=400))
        yield 'sklearn MLP 100', TransformedTargetRegressor(net, transformer=StandardScaler())
        yield 'HistGradientBoosting', make_pipeline(ordinal, HistGradientBoostingRegressor(random_state=seed))


def lightgbm(classes, seed, text, numbers):
    from lightgbm import LGBMClassifier, LGBMRegressor
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder
    ordinal = ColumnTransformer([('numbers', 'passthrough', numbers),
                                 ('text', OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1), text)])
    model = (LGBMClassifier if classes else LGBMRegressor)(random_state=seed, n_jobs=THREADS, verbose=-1)
    yield 'LightGBM', make_pipeline(ordinal, model)


def pytabkit(classes, seed, text, numbers):
    import pytabkit
    kind = 'Classifier' if classes else 'Regressor'
    for name, model in (('RealMLP-TD', 'RealMLP_TD'), ('TabM-D', 'TabM_D')):
        yield name, getattr(pytabkit, f'{model}_{kind}')(random_state=seed, n_threads=THREADS, device='cpu', verbosity=0)


def scores(classes, truth, predicted):
    from sklearn import metrics
    if classes:
        count = predicted.shape[1]
        return {'accuracy': float(metrics.accuracy_score(truth, predicted.argmax(1))),
                'logLoss': float(metrics.log_loss(truth, np.clip(predicted, 1e-12, 1), labels=range(count)))}
    return {'r2': float(metrics.r2_score(truth, predicted)), 'rmse': float(metrics.mean_squared_error(truth, predicted) ** .5)}


def fit(model, name, text, classes, features, target, parts):
    """Seconds of fitting, of CPU meanwhile, and what is predicted for the test rows."""
    train, validation, test = parts
    held_out = features.iloc[test]
    options = {}
    fitted, wanted = features.iloc[train], target[train]
    if name in ('RealMLP-TD', 'TabM-D'):
        rows = np.r_[train, validation]
        fitted, wanted = features.iloc[rows].copy(), target[rows]
        held_out = held_out.copy()
        for column in text:
            fitted[column] = fitted[column].astype('category')
            held_out[column] = pd.Categorical(held_out[column], categories=fitted[column].cat.categories)
        options = {'val_idxs': np.arange(len(train), len(rows)), 'cat_col_names': text}
    begun, before = time.time(), os.times()
    model.fit(fitted, wanted, **options)
    seconds, after = time.time() - begun, os.times()
    cpu = after.user + after.system - before.user - before.system
    predicted = model.predict_proba(held_out) if classes else np.asarray(model.predict(held_out)).ravel()
    return seconds, cpu, predicted


def main(folder, name, seeds):
    classes, table = read(folder, name)
    features = table[[column for column in table.columns if column[0] == 'f']]
    text = [column for column in features if not pd.api.types.is_numeric_dtype(features[column])]
    numbers = [column for column in features if column not in text]
    target = table['target'].to_numpy()
    if classes:
        names = sorted(set(map(str, target)))
        target = np.array([names.index(str(value)) for value in target])
    for seed in seeds:
        part = table[f'split{seed}'].to_numpy()
        parts = [np.flatnonzero(part == wanted) for wanted in ('train', 'validation', 'test')]
        for library in (scikit_learn, lightgbm, pytabkit):
            try:
                models = list(library(classes, seed, text, numbers))
            except ImportError:
                continue
            for model, fitter in models:
                seconds, cpu, predicted = fit(fitter, model, text, classes, features, target, parts)
                print(json.dumps({'set': name, 'seed': seed, 'model': model, **scores(classes, target[parts[2]], predicted),
                                  'seconds': round(seconds, 2), 'cpu': round(cpu, 2), 'rows': len(parts[0]), 'features': features.shape[1]}), flush=True)


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit('Usage: peers.py FOLDER SET SEED ...')
    main(sys.argv[1], sys.argv[2], [int(seed) for seed in sys.argv[3:]])
