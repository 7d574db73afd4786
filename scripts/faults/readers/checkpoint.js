'use strict';

/* The reader of checkpoints; its models are those of real runs. */

const { copyFileSync, cpSync, existsSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const formats = require('../formats');
const { editBytes, editJson, hostileValue, toJson } = require('../mutate');
const { demand, dist } = require('./shared');

/** A value as JSON.parse returns it, without levels too deep for JSON.stringify, of whose output the digest is made. */
function parsed(value, depth = 0) {
  if (value === null || typeof value !== 'object') return value;
  if (depth > 500) return null;
  if ('$raw' in value) return parsed(JSON.parse(value.$raw), depth + 1);
  if (Array.isArray(value)) return value.map((item) => parsed(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, parsed(item, depth + 1)]));
}

const checkpoint = {
  title: 'checkpoints (.safetensors), their digest made right again: to predict with, and to go on from',
  models: (corpus) => ['pictures', 'train'].flatMap((name) => {
    const run = join(corpus, name);
    const model = formats.decodeCheckpoint(readFileSync(join(run, 'checkpoint.safetensors')));
    return [{ run: name, ...model, data: Buffer.from(model.data) }];
  }),
  edit: (random, model) => {
    switch (random.below(10)) {
      case 0: case 1: model.header = editJson(random, model.header); break;
      case 2: model.metadata = random.chance(0.5) ? editJson(random, model.metadata) : Object.assign(model.metadata, { [random.pick(['facts', 'state', 'format', 'version', 'x'])]: hostileValue(random) }); break;
      case 3: case 4: if (model.metadata?.facts !== undefined) model.metadata.facts = editJson(random, model.metadata.facts); break;
      case 5: case 6: case 7: if (model.metadata?.state !== undefined) model.metadata.state = editJson(random, model.metadata.state); break;
      case 8: {
        const names = Object.keys(model.header ?? {});
        const tensor = names.length > 0 ? model.header[random.pick(names)] : undefined;
        if (tensor !== null && typeof tensor === 'object') {
          const key = random.pick(['dtype', 'shape', 'data_offsets']);
          tensor[key] = key === 'dtype' ? random.pick(['F16', 'BF16', 'F32', 'F64', 'U8', 'I64', 'BOOL', 'toString', 1])
            : random.chance(0.5) ? hostileValue(random) : [random.below(200), random.below(400)];
        }
        break;
      }
      default: model.data = editBytes(random, model.data);
    }
    return model;
  },
  encode: ({ run, header, metadata, data }) => {
    // The two JSON texts of the metadata are encoded again, whatever their values are now.
    const isObject = metadata !== null && typeof metadata === 'object' && !Array.isArray(metadata);
    const texts = isObject ? Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, ['facts', 'state'].includes(key) ? toJson(value) : value])) : metadata;
    return [formats.encodeCheckpoint({ header: parsed(header), metadata: parsed(texts), data }), Buffer.from(run)];
  },
  open(folder, corpus) {
    const { Model } = dist('inference', 'model');
    const { decodeCheckpoint } = dist('train', 'checkpoint');
    const { findResumption } = dist('run', 'resume');
    const { resumedSpec } = dist('run', 'resumedSpec');
    const { runTraining } = dist('run', 'run');
    const { loadData } = dist('data', 'sources');
    const { dataRequest } = dist('spec', 'spec');
    const runs = new Map(readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'checkpoint.safetensors'))).map((name) => {
      const own = join(folder, name);
      cpSync(join(corpus, name), own, { recursive: true });
      copyFileSync(join(own, 'checkpoint.safetensors'), join(own, 'checkpoint.previous.safetensors'));
      const data = loadData(dataRequest(resumedSpec(own, {})));
      return [name, { own, data, spec: resumedSpec(own, {}) }];
    }));
    return ([bytes, run], random, isThorough) => {
      const { own, data, spec } = runs.get(run.toString());
      if (!isThorough) {
        decodeCheckpoint(bytes, 'checkpoint.safetensors');
        return;
      }
      const file = join(own, 'checkpoint.safetensors');
      writeFileSync(file, bytes);
      let refused;
      try {
        const model = Model.load(file);
        model.predict(data.validation.features.subarray(0, 2 * data.validation.featureSize));
      } catch (error) {
        refused = error;
      }
      // The previous checkpoint is intact, so the run can be resumed whatever this one contains.
      const resumption = findResumption(own, spec);
      demand(resumption.checkpoint !== undefined, 'a run that begins again where it has a whole checkpoint');
      const going = runTraining(spec, data, run.toString(), undefined, resumption);
      let hindrance;
      try {
        for (const event of going) if (event.type === 'start') break;
      } catch (error) {
        hindrance = error;
      }
      demand(hindrance === undefined, `a run that does not go on, with a whole checkpoint behind this one: ${hindrance?.message}`);
      if (refused !== undefined) throw refused;
    };
  },
};

module.exports = { checkpoint };
