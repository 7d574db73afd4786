#!/usr/bin/python3
"""Writes onnxOperators.json: what onnxruntime computes for each operator that exported models have, for the tests' own evaluator. Needs onnx and onnxruntime."""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

draws = np.random.RandomState(4)
TYPES = {'float32': ('float', TensorProto.FLOAT), 'float64': ('double', TensorProto.DOUBLE), 'int64': ('int64', TensorProto.INT64), 'bool': ('bool', TensorProto.BOOL), 'object': ('string', TensorProto.STRING)}
cases = []


def plain(array):
    def value(x):
        if array.dtype.name == 'object':
            return x
        return None if np.isnan(x) else float(x)
    return [value(x) for x in array.reshape(-1)]


def case(op, *inputs, out='float', domain='', **attributes):
    inputs = [np.asarray(x) for x in inputs]
    names = [f'x{i}' for i in range(len(inputs))]
    codes = dict(TYPES.values())
    node = helper.make_node(op, names, ['y'], domain=domain, **attributes)
    values = [helper.make_tensor_value_info(name, TYPES[x.dtype.name][1], x.shape) for name, x in zip(names, inputs)]
    graph = helper.make_graph([node], 'g', values, [helper.make_tensor_value_info('y', codes[out], None)])
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid('', 20), helper.make_opsetid('ai.onnx.ml', 3)])
    found, = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider']).run(None, dict(zip(names, inputs)))
    found = np.asarray(found)
    kinds = {float: 'f', int: 'i', str: 's'}
    def attribute(value):
        if isinstance(value, list):
            return {{int: 'ints', str: 'strings', float: 'floats'}[type(value[0])]: value}
        return {kinds[type(value)]: value}
    cases.append({
        'op': op, 'attributes': {key: attribute(value) for key, value in attributes.items()},
        'inputs': [{'type': TYPES[x.dtype.name][0], 'shape': list(x.shape), 'values': plain(x)} for x in inputs],
        'output': {'shape': list(found.shape), 'values': plain(found)},
    })


def normal(*shape, dtype=np.float32):
    return draws.randn(*shape).astype(dtype)


f64 = np.float64
for op in ('Add', 'Sub', 'Mul', 'Div'):
    case(op, normal(2, 3), normal(3))
    case(op, normal(2, 1, dtype=f64), normal(1, 3, dtype=f64), out='double')
case('Add', np.array([[1, 2]]), np.array([3, 4]), out='int64')
case('Max', np.array([[1], [7]]), np.array(3), out='int64')
case('Min', normal(2, 2, dtype=f64), np.array(0.), out='double')
case('Clip', normal(5, dtype=f64), np.array(-.5), np.array(.5), out='double')
case('And', np.array([True, True, False]), np.array([True, False, False]), out='bool')
case('Not', np.array([True, False]), out='bool')
case('Where', np.array([[True, False]]), np.float32(0), normal(2, 2))
case('Where', np.array([[True], [False]]), np.array(1.5), normal(2, 2, dtype=f64), out='double')
with_nan = np.array([1, np.nan, -2.5])
for op in ('Less', 'LessOrEqual', 'GreaterOrEqual'):
    case(op, with_nan, np.array(1.), out='bool')
case('Equal', np.array([[1], [-1]]), np.array([[0, 1]]), out='bool')
case('IsNaN', with_nan, out='bool')
positive = np.array([.25, 3, 1e-9])
for op in ('Sqrt', 'Log', 'Exp'):
    case(op, positive, out='double')
case('Exp', normal(3))
case('Neg', with_nan, out='double')
case('Abs', with_nan, out='double')
case('Floor', np.array([-1.5, 2.5, 3]), out='double')
case('Round', np.array([-1.5, 2.5, 3, .4, 3.5], np.float32))
for op in ('Sin', 'Cos', 'Relu', 'Tanh', 'Sigmoid', 'Gelu', 'Mish', 'Selu'):
    case(op, (3 * normal(8)))
case('LeakyRelu', normal(6), alpha=.2)
case('Identity', normal(2))
case('Cast', np.array([1.7, -1.7, 3], np.float32), to=7, out='int64')
case('Cast', np.array([1 / 3]), to=1)
case('Cast', np.array([True, False]), to=1)
case('Softmax', 4 * normal(2, 3), axis=-1)
case('MatMul', normal(2, 3), normal(3, 2))
case('MatMul', normal(2, 3, 4), normal(2, 4, 5))
case('MatMul', normal(2, 3, 4), normal(4, 2))
case('Gemm', normal(2, 3), normal(4, 3), normal(4), transB=1)
case('Gemm', normal(2, 3), normal(3, 4))
case('Transpose', normal(2, 3, 4), perm=[1, 0, 2])
case('Reshape', normal(2, 3, 2), np.array([-1, 6]))
case('Concat', normal(2, 2), normal(2, 1), axis=1)
case('Concat', normal(2, 3, 1), normal(2, 3, 2), axis=2)
case('Gather', normal(2, 4), np.array([3, 0]), axis=1)
case('Gather', normal(5, 2), np.array([[0, 4], [1, 1]]), axis=0)
case('Gather', np.array(['a', 'b'], object), np.array([1, 0, 1]), axis=0, out='string')
case('ReduceSum', np.array([[1, 2], [3, 5]]), np.array([1]), keepdims=1, out='int64')
case('ReduceMean', normal(2, 3, 4), np.array([1]), keepdims=0)
case('ArgMax', np.array([[1, 3, 3], [2, 1, 0]], np.float32), axis=1, keepdims=0, out='int64')
case('BatchNormalization', normal(4, 3), normal(3), normal(3), normal(3), np.abs(normal(3)), epsilon=.01)
case('LayerNormalization', normal(2, 3, 4), normal(4), normal(4), axis=-1, epsilon=.1)
case('LabelEncoder', np.array([['b'], ['none'], ['']], object), domain='ai.onnx.ml', keys_strings=['a', 'b', ''], values_int64s=[0, 1, 2], default_int64=-1, out='int64')

target = Path(__file__).with_suffix('.json')
target.write_text('{"cases": [\n' + ',\n'.join(json.dumps(one) for one in cases) + '\n]}\n')
