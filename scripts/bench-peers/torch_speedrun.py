"""Trains a preset of `blastrain speedrun` in PyTorch: the same net, rows, batch size, schedule and precision.

usage: torch_speedrun.py SPEC_JSON
SPEC_JSON is blastrain's spec with `folder`, where CIFAR-10's files are. Prints each evaluation as a line of JSON.
"""
import json, os, pickle, sys
import numpy as np
import torch
from torch import nn

spec = json.loads(sys.argv[1])
torch.set_num_threads(spec['threads'])
torch.manual_seed(spec['seed'])


def read_batch(folder, number):
    """The 10,000 images and labels of one training file, in whichever of the official layouts is there."""
    path = os.path.join(folder, f'data_batch_{number}.bin')
    if os.path.exists(path):
        rows = np.fromfile(path, np.uint8).reshape(-1, 3073)
        return rows[:, 1:], rows[:, 0]
    with open(os.path.join(folder, f'data_batch_{number}'), 'rb') as f:
        batch = pickle.load(f, encoding='latin1')
    return batch['data'], np.array(batch['labels'], np.uint8)


def rounding():
    """What computes in the spec's precision."""
    return torch.autocast('cpu', dtype=torch.bfloat16, enabled=spec['precision'] == 'bfloat16')


def make_model():
    sizes, hidden = spec['layers'], []
    activation = {'relu': nn.ReLU, 'gelu': nn.GELU}[spec['activation']]
    if spec['inputDropout'] > 0:
        hidden.append(nn.Dropout(spec['inputDropout']))
    for inputs, outputs in zip(sizes, sizes[1:-1]):
        hidden.append(nn.Linear(inputs, outputs))
        if spec['norm'] == 'batch':
            hidden.append(nn.BatchNorm1d(outputs))
        hidden.append(activation())
        if spec['dropout'] > 0:
            hidden.append(nn.Dropout(spec['dropout']))
    model = nn.Sequential(*hidden, nn.Linear(sizes[-2], sizes[-1]))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


files = [read_batch(spec['folder'], i) for i in range(1, 6)]
images = np.concatenate([x for x, _ in files])
labels = torch.from_numpy(np.concatenate([y for _, y in files])).long()
count = spec['trainRows']
train = torch.from_numpy(images[:count]).float()
mean, std = train.mean(0), train.std(0, unbiased=False)
train = train.sub_(mean).div_(std)
validation = torch.from_numpy(images[count:count + spec['validationRows']]).float().sub_(mean).div_(std)
whitening = None
if spec['normalization'] == 'pca':
    rows = min(spec['whitenRows'] or count, count)
    _, singular, components = torch.pca_lowrank(train[torch.arange(rows) * count // rows], q=spec['components'], center=False, niter=2)
    whitening = components / (singular**2 / rows + spec['whitenEpsilon']).sqrt()


def inputs_of(standardized):
    return standardized if whitening is None else standardized @ whitening


def augmented(x):
    """Each picture mirrored or not and shifted; edge pixels repeat. Of standardised pixels, as their statistics hardly differ between neighbours."""
    m, shift, pixels = len(x), spec['shift'], torch.arange(32)
    columns = pixels.expand(m, 32)
    if spec['flip']:
        columns = torch.where(torch.rand(m, 1) < 0.5, columns.flip(1), columns)
    columns = (columns + torch.randint(-shift, shift + 1, (m, 1))).clamp(0, 31)
    rows = (pixels + torch.randint(-shift, shift + 1, (m, 1))).clamp(0, 31)
    places = (rows[:, :, None] * 32 + columns[:, None, :]).reshape(m, 1, 1024)
    return x.view(m, 3, 1024).gather(2, places.expand(m, 3, 1024)).view(m, 3072)


train_labels, validation_labels = labels[:count], labels[count:count + spec['validationRows']]

model = make_model()
weights = [p for p in model.parameters() if p.dim() == 2]
rest = [p for p in model.parameters() if p.dim() == 1]
optimizer = torch.optim.AdamW(
    [{'params': weights, 'weight_decay': spec['weightDecay']}, {'params': rest, 'weight_decay': 0}], lr=spec['learningRate'])
per_epoch = -(-count // spec['batchSize'])
steps = spec['steps'] or spec['epochs'] * per_epoch
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, spec['learningRate'], total_steps=steps, cycle_momentum=False)

for step in range(steps):
    if step % per_epoch == 0:
        batches = torch.randperm(count).split(spec['batchSize'])
    rows = batches[step % per_epoch]
    optimizer.zero_grad(set_to_none=True)
    pictures = augmented(train[rows]) if spec['flip'] or spec['shift'] > 0 else train[rows]
    with rounding():
        loss = nn.functional.cross_entropy(model(inputs_of(pictures)), train_labels[rows], label_smoothing=spec['labelSmoothing'])
    loss.backward()
    optimizer.step()
    schedule.step()
    if (step + 1) % per_epoch == 0 or step + 1 == steps:
        model.eval()
        with torch.no_grad(), rounding():
            accuracy = (model(inputs_of(validation)).argmax(1) == validation_labels).double().mean().item()
        model.train()
        print(json.dumps({'type': 'evaluation', 'step': step + 1, 'valAccuracy': accuracy}), flush=True)
