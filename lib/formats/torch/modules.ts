/** Python classes of the layers that torch.nn lacks, by name, in the order in which they are written. Their parameters have the names of model files. */
export const modules = {
  FlatLinear: `class FlatLinear(nn.Linear):
    """A linear layer on all numbers of a row."""

    def forward(self, x):
        return super().forward(x.flatten(1))
`,
  FlatBatchNorm: `class FlatBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of each number of a row [members, units]."""

    def forward(self, x):
        return super().forward(x.flatten(1)).reshape(x.shape)
`,
  Scale: `class Scale(nn.Module):
    """s * x, or s * x + t."""

    def __init__(self, *shape, bias=False):
        super().__init__()
        self.shape = shape
        self.weight = nn.Parameter(torch.ones(shape).flatten())
        self.bias = nn.Parameter(torch.zeros(shape).flatten()) if bias else None

    def forward(self, x):
        y = x * self.weight.reshape(self.shape)
        return y if self.bias is None else y + self.bias.reshape(self.shape)
`,
  Parametric: `class Parametric(nn.Module):
    """(1 - a) * x + a * f(x) with one a for each unit."""

    def __init__(self, function, *shape):
        super().__init__()
        self.function = function
        self.shape = shape
        self.a = nn.Parameter(torch.ones(shape).flatten())

    def forward(self, x):
        a = self.a.reshape(self.shape)
        return (1 - a) * x + a * self.function(x)
`,
  Residual: `class Residual(nn.Module):
    """x + f(x)."""

    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.body(x)
`,
  BatchEnsemble: `class BatchEnsemble(nn.Module):
    """A linear layer that members share: ((x * R) @ W.T) * S + B. The first one makes rows of each member of a row."""

    def __init__(self, members, inputs, outputs, first=False):
        super().__init__()
        self.first = first
        self.R = nn.Parameter(torch.ones(members, inputs))
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.S = nn.Parameter(torch.ones(members, outputs))
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def forward(self, x):
        if self.first:
            x = x.flatten(1)[:, None, :]
        return (x * self.R) @ self.weight.T * self.S + self.bias
`,
  MemberLinear: `class MemberLinear(nn.Module):
    """A linear layer of its own for each member."""

    def __init__(self, members, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def forward(self, x):
        return torch.einsum('nmi,moi->nmo', x, self.weight) + self.bias
`,
  Embedding: `class Embedding(nn.Module):
    """Numbers by cosines of learned frequencies (PBLD), other inputs as they are, categories by rows of tables."""

    def __init__(self, numbers, passed, categories, frequencies, mapped, category_size):
        super().__init__()
        self.numbers, self.passed = numbers, passed
        if mapped > 0:
            self.frequencies = nn.Parameter(torch.zeros(numbers, frequencies))
            self.phases = nn.Parameter(torch.zeros(numbers, frequencies))
            self.maps = nn.Parameter(torch.zeros(numbers, mapped, frequencies))
            self.offsets = nn.Parameter(torch.zeros(numbers, mapped))
        self.is_mapped = mapped > 0
        rows = [size + 1 for size in categories]
        if rows:
            self.categories = nn.Parameter(torch.zeros(sum(rows), category_size))
        self.starts = [sum(rows[:j]) for j in range(len(rows))]

    def forward(self, x):
        n, plain = self.numbers, self.numbers + self.passed
        parts = [x[:, :plain]]
        if self.is_mapped:
            numbers = x[:, :n, None]
            turns = numbers * self.frequencies + self.phases / (2 * torch.pi)
            cosines = torch.cos(2 * torch.pi * (turns - turns.round()))
            mapped = torch.einsum('nik,iok->nio', cosines, self.maps) + self.offsets
            parts = [torch.cat([numbers, mapped], 2).flatten(1), x[:, n:plain]]
        if self.starts:
            rows = x[:, plain:].long() + torch.tensor(self.starts)
            parts.append(self.categories[rows].flatten(1))
        return torch.cat(parts, 1)
`,
} as const;

export type ModuleName = keyof typeof modules;

/** Encodes rows that are dicts by the names of columns, as the model file's metadata says. */
export const encodeColumns = `# Texts that stand for a missing cell.
MISSING = {'', '?', 'NA', 'N/A', 'n/a', '#N/A', '#NA', '<NA>', '#N/A N/A', 'NaN', 'nan', '-NaN', '-nan', 'NULL', 'Null', 'null', 'None', 'none',
           '1.#IND', '1.#QNAN', '-1.#IND', '-1.#QNAN'}


def scaled(x, scale):
    """A number as the network's input."""
    if scale['kind'] == 'linear':
        return (x - scale['mean']) / scale['std']
    if scale['kind'] == 'clipped':
        z = scale['factor'] * (x - scale['center'])
        return z / math.sqrt(1 + (z / 3) ** 2) if abs(z) < 1e9 else math.copysign(3., z)
    # The standard normal number of the rank of x among the quantiles.
    q, lowest = scale['quantiles'], float(torch.special.ndtri(torch.tensor(1e-7 - 2 ** -52, dtype=torch.float64)))
    if x <= q[0] or x >= q[-1]:
        return lowest if x <= q[0] else -lowest
    first, after = bisect.bisect_left(q, x), bisect.bisect_right(q, x)
    rank = (first + after - 1) / 2 if first < after else after - 1 + (x - q[after - 1]) / (q[after] - q[after - 1])
    return min(-lowest, max(lowest, float(torch.special.ndtri(torch.tensor(rank / (len(q) - 1), dtype=torch.float64)))))


def number_of(x, column):
    """A cell as a number: of a category its place, of a date seconds since 1970 in UTC; None where it is missing."""
    if x is None or x != x or (isinstance(x, str) and x.strip() in MISSING):
        return None
    if column['kind'] == 'category':
        return column['categories'].index(str(x)) if str(x) in column['categories'] else -1
    if column['kind'] == 'boolean' and isinstance(x, str):
        return column['categories'].index(x)
    if column['kind'] == 'date' and not isinstance(x, (int, float)):
        day = datetime.fromisoformat(x.strip().replace('Z', '+00:00')) if isinstance(x, str) else x
        return (day if day.tzinfo else day.replace(tzinfo=timezone.utc)).timestamp()
    return float(x)


def encode(row, columns, encoding):
    """A row of the network's inputs: numbers, then what is taken as it is, then the places of embedded categories."""
    numbers, passed, places = [], [], []
    for column, code in zip(columns, encoding):
        if code['kind'] == 'duplicate':
            continue
        x = number_of(row[column['name']], column)
        if code['kind'] == 'category':
            at = len(code['codes']) if x is None else code['codes'].index(x) if x in code['codes'] else -1
            width = len(code['codes']) + code['hasMissing']
            if code['isEmbedded']:
                places.append(width if at < 0 else at)
            else:
                passed += [float(j == at) for j in range(width)]
            continue
        if code['kind'] in ('number', 'date'):
            numbers.append(0. if x is None else scaled(x, code['scale']))
        if code['kind'] == 'boolean':
            passed.append(0. if x is None else (x - code['mean']) / code['std'])
        if code['kind'] == 'date':
            for period in [365.2425 * 86400, 7 * 86400, 86400][:3 if code['hasTime'] else 2]:
                turns = 0. if x is None else 2 * math.pi * (x / period)
                passed += [0., 0.] if x is None else [math.sin(turns), math.cos(turns)]
        if code['hasMissing']:
            passed.append(float(x is None))
    return numbers + passed + places
`;
