import type { Model } from '../inference/model';
import { losses } from '../model/losses';
import { version } from '../version';

/** The files of a folder that can be uploaded to the Hugging Face hub, by name: weights, their description, and a model card. */
export function huggingFaceFiles(model: Model): Readonly<Record<string, Uint8Array | string>> {
  const { spec, classNames, columns, targetNames, imageShape } = model;
  const config = {
    model_type: 'blastrain', blastrain_version: version,
    ...(classNames.length > 0 && {
      num_labels: classNames.length,
      id2label: Object.fromEntries(classNames.map((name, i) => [i, name])),
      label2id: Object.fromEntries(classNames.map((name, i) => [name, i])),
    }),
    ...(targetNames && { target_names: targetNames }),
    ...(columns && { columns: columns.map(({ name, kind, categories }) => ({ name, kind, ...(categories && { categories }) })) }),
    ...(imageShape && { image_shape: [imageShape.channels, imageShape.height, imageShape.width] }),
    spec,
  };
  return { 'config.json': `${JSON.stringify(config, null, 2)}\n`, 'model.safetensors': model.toBytes(), 'README.md': modelCard(model) };
}

function taskOf({ imageShape, spec: { loss } }: Model): { readonly task: string; readonly name: string } {
  const isClasses = ['classes', 'labels'].includes(losses[loss].predicts);
  if (imageShape !== undefined && isClasses) return { task: 'image-classification', name: 'Image classification' };
  return isClasses ? { task: 'tabular-classification', name: 'Tabular classification' } : { task: 'tabular-regression', name: 'Tabular regression' };
}

/** Text of others within Markdown: on one line, with nothing that would end a cell of a table or begin markup. */
const inMarkdown = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>|#]/g, (character) => `\\${character}`);

/** README.md with the metadata that the hub reads (https://huggingface.co/docs/hub/model-cards). JSON is YAML. */
function modelCard(model: Model): string {
  const { metrics, columns, classNames, dataDigest, step } = model;
  const { task, name } = taskOf(model);
  const { parameterCount } = model.summary();
  const scores = metrics === null ? [] : [
    ...(Number.isFinite(metrics.loss) ? [{ type: 'loss', value: metrics.loss }] : []),
    ...(metrics.accuracy === undefined ? [] : [{ type: 'accuracy', value: metrics.accuracy }]),
  ];
  const digest = dataDigest.slice(0, 12);
  const index = [{ name: 'model', results: [{ task: { type: task, name }, dataset: { type: 'private', name: `validation rows of ${digest}` }, metrics: scores }] }];
  const outputs = model.outputNames;
  return `---
library_name: blastrain
pipeline_tag: ${task}
tags: ${JSON.stringify(['blastrain', 'safetensors', task, 'mlp'])}
${scores.length === 0 ? '' : `model-index: ${JSON.stringify(index)}\n`}---

# ${name}

A network of ${String(parameterCount)} parameters, ${dataDigest === '' ? `imported from another program's file by blastrain ${version}` : `trained for ${String(step)} steps by blastrain ${version} on data of SHA-256 \`${dataDigest}\``}.

| | |
|---|---|
${columns === undefined ? '' : `| columns | ${columns.map((column) => `${inMarkdown(column.name)} (${column.kind})`).join(', ')} |\n`}| ${classNames.length > 0 ? 'classes' : 'predicts'} | ${outputs.map(inMarkdown).join(', ')} |
${scores.map(({ type, value }) => `| validation ${type} | ${String(value)} |\n`).join('')}
\`\`\`ts
import { Model } from 'blastrain';

const model = Model.load('model.safetensors');
\`\`\`

\`model.safetensors\` holds weights and preprocessing; PyTorch reads its tensors with \`safetensors.torch.load_file\`. \`config.json\` describes rows and training.
`;
}
