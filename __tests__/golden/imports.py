#!/usr/bin/python3
"""Writes imports/: files of other programs, and imports.json, what these programs compute from them. Needs torch, safetensors, onnx, onnxscript, skl2onnx, scikit-learn and keras."""
import json, os, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
os.environ['KERAS_BACKEND'] = 'torch'
from pathlib import Path
import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).with_suffix('')
torch.manual_seed(3)
draws = np.random.RandomState(3)
ROWS = draws.randn(6, 4).astype(np.float32)
cases = {}


def plain(array):
    return [float(x) for x in np.asarray(array, dtype=np.float64).reshape(-1)]


def case(name, outputs, **more):
    cases[name] = {'outputs': plain(outputs), **more}


def strip(file):
    """Removes the stack traces, with paths of this machine, that the exporter writes beside each node."""
    model = onnx.load(file)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ''
    onnx.save(model, file)


def settle(net):
    """Running statistics and parameters that differ from where they start."""
    for name, value in [*net.named_parameters(), *net.named_buffers()]:
        if value.is_floating_point():
            value.data = torch.rand(value.shape) + (.5 if name.endswith('running_var') else -.5)
    return net.eval()


plainNet = settle(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)))
normed = settle(nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(.3), nn.Linear(6, 5, bias=False), nn.LayerNorm(5), nn.Tanh(), nn.Linear(5, 2)))
x = torch.tensor(ROWS)
with torch.no_grad():
    torch.save(plainNet.state_dict(), FOLDER / 'plain.pt')
    case('plain.pt', torch.softmax(plainNet(x), 1))
    torch.save({'epoch': 3, 'lr': .1, 'state_dict': {f'module.{key}': value for key, value in normed.state_dict().items()}}, FOLDER / 'checkpoint.pth')
    case('checkpoint.pth', torch.softmax(normed(x), 1), spec={'activation': 'tanh'})
    save_file(normed.state_dict(), FOLDER / 'normed.safetensors', {'format': 'pt'})
    case('normed.safetensors', torch.softmax(normed(x), 1), spec={'activation': 'tanh'})
    for name, dtype in [('half.safetensors', torch.float16), ('bfloat16.safetensors', torch.bfloat16), ('double.pt', torch.float64)]:
        state = {f'model.{key}': value.to(dtype) for key, value in plainNet.state_dict().items()}
        (save_file if name.endswith('s') else torch.save)(state, FOLDER / name)
        rounded = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
        rounded.load_state_dict({key[6:]: value.float() for key, value in state.items()})
        case(name, torch.softmax(rounded(x), 1))
    # Views of one storage, in another order than they lie.
    shared = torch.rand(40)
    views = {'a.weight': shared[:20].reshape(4, 5).T, 'a.bias': shared[20:25], 'b.weight': shared[25:40].reshape(3, 5), 'b.bias': shared[22:25]}
    torch.save(views, FOLDER / 'views.pt')
    case('views.pt', torch.softmax(torch.relu(x @ views['a.weight'].T + views['a.bias']) @ views['b.weight'].T + views['b.bias'], 1))
    np.savez(FOLDER / 'plain.npz', **{key: value.numpy() for key, value in plainNet.state_dict().items()})
    case('plain.npz', torch.softmax(plainNet(x), 1))
torch.save(plainNet, FOLDER / 'module.pt')  # names classes, and is refused

activated = settle(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 5), nn.LeakyReLU(.2), nn.Linear(5, 5), nn.GELU(), nn.Linear(5, 5), nn.LayerNorm(5), nn.SELU(), nn.Linear(5, 5, bias=False), nn.Mish(), nn.Dropout(.2),
                                 nn.Linear(5, 4), nn.Sigmoid(), nn.Linear(4, 3), nn.Softmax(1)))
for dynamo in (False, True):
    name = f"torch-{'dynamo' if dynamo else 'script'}.onnx"
    more = {'dynamic_shapes': ({0: torch.export.Dim('rows')},)} if dynamo else {'dynamic_axes': {'x': {0: 'rows'}}}
    torch.onnx.export(activated, (x,), FOLDER / name, input_names=['x'], opset_version=20, dynamo=dynamo, external_data=False, verbose=False, **more)
    strip(FOLDER / name)
    case(name, activated(x).detach())
class Block(nn.Module):
    """x + f(x)."""

    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


blocks = settle(nn.Sequential(nn.Linear(4, 5), Block(nn.ReLU(), nn.BatchNorm1d(5), nn.Linear(5, 6), Block(nn.Linear(6, 6), nn.Tanh()), nn.Linear(6, 5, bias=False)), nn.LayerNorm(5), Block(nn.Linear(5, 5), nn.Mish()), nn.Linear(5, 3), nn.Softmax(1)))
for dynamo in (False, True):
    name = f"blocks-{'dynamo' if dynamo else 'script'}.onnx"
    torch.onnx.export(blocks, (x,), FOLDER / name, opset_version=20, dynamo=dynamo, verbose=False, **({'external_data': False} if dynamo else {}))
    strip(FOLDER / name)
    case(name, blocks(x).detach())
onnx.save(onnx.load(FOLDER / 'blocks-script.onnx'), FOLDER / 'external.onnx', save_as_external_data=True, location='external.weights', size_threshold=0)
case('external.onnx', blocks(x).detach())
conv = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, 2)).eval()
torch.onnx.export(conv, (torch.zeros(1, 1, 2, 2),), FOLDER / 'conv.onnx', opset_version=20, dynamo=False)

from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx
many, labels = draws.randn(60, 4).astype(np.float32) * 3 + 1, np.arange(60) % 3
for name, y, activation in [('sklearn-three.onnx', np.array(['ash', 'elm', 'oak'])[labels], 'tanh'), ('sklearn-two.onnx', labels % 2 + 7, 'relu')]:
    fitted = make_pipeline(StandardScaler(), MLPClassifier((5,), activation=activation, max_iter=40, random_state=1)).fit(many, y)
    (FOLDER / name).write_bytes(to_onnx(fitted, many[:1]).SerializeToString())
    case(name, fitted.predict_proba(ROWS), classNames=[str(one) for one in fitted.classes_])
fitted = MLPRegressor(hidden_layer_sizes=(5,), activation='logistic', max_iter=40, random_state=1).fit(many, many[:, 0])
(FOLDER / 'sklearn-number.onnx').write_bytes(to_onnx(fitted, many[:1]).SerializeToString())
case('sklearn-number.onnx', fitted.predict(ROWS))

import keras
keras.utils.set_random_seed(3)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, 'relu'), keras.layers.BatchNormalization(), keras.layers.Dense(3, 'softmax')])
model(ROWS)
model.export(FOLDER / 'keras.onnx', format='onnx', verbose=False)
case('keras.onnx', model.predict(ROWS, verbose=0))



def settleKeras(model):
    """Variables that differ from where they start."""
    for variable in model.variables:
        if variable.name not in ('seed_generator_state', 'count'):
            variable.assign(draws.rand(*variable.shape) + (.5 if 'variance' in variable.name else -.5))
    return model


def saveKeras(name, model, *endings):
    for ending in endings:
        model.save(FOLDER / f'{name}{ending}')
        case(f'{name}{ending}', model.predict(ROWS.reshape(-1, *model.input_shape[1:]), verbose=0))


layers = keras.layers
saveKeras('keras', settleKeras(keras.Sequential([
    keras.Input((4,)), layers.Normalization(mean=[.1, .2, -.3, 0], variance=[1, 4, .2, .5]), layers.Dense(5, 'relu'), layers.BatchNormalization(scale=False), layers.Dropout(.2), layers.LayerNormalization(),
    layers.LeakyReLU(negative_slope=.1), layers.Dense(5, 'gelu', use_bias=False, name='gate'), layers.Dense(4, 'selu', name='other'), layers.Dense(3), layers.Softmax()])), '.keras', '.h5')
x = entry = keras.Input((2, 2, 1), name='pixels')
for layer in [layers.Rescaling(.5, .1), layers.Flatten(), layers.Normalization(), layers.Dense(4, keras.layers.LeakyReLU(negative_slope=.3)), layers.Activation('mish'), layers.BatchNormalization(center=False), layers.Dense(3, 'leaky_relu'),
              layers.ReLU(), layers.Dense(2, 'tanh'), layers.Dense(1, 'sigmoid')]:
    x = layer(x)
saveKeras('keras-functional', settleKeras(keras.Model(entry, x)), '.keras', '.h5')
model = settleKeras(keras.Sequential([keras.Input((4,)), layers.Dense(2)]))
model.compile(loss='mean_squared_error')
saveKeras('keras-numbers', model, '.keras')

(FOLDER.with_suffix('.json')).write_text(json.dumps({'rows': plain(ROWS), 'cases': cases}) + '\n')
