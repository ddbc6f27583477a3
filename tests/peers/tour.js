// Runs the operations of the old JavaScript client against the simulator, and checks the results. See tour.py.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const Clarifai = require('clarifai');

const SAMPLES = 'https://samples.clarifai.com/';
const TEXTURES = ['brick', 'grass', 'gravel'];
const PUBLIC_MODELS = ['APPAREL_MODEL', 'CELEBRITY_MODEL', 'COLOR_MODEL', 'DEMOGRAPHICS_MODEL', 'FACE_DETECT_MODEL',
  'FACE_EMBED_MODEL', 'FOCUS_MODEL', 'FOOD_MODEL', 'GENERAL_EMBED_MODEL', 'LANDSCAPE_QUALITY', 'LOGO_MODEL',
  'MODERATION_MODEL', 'NSFW_MODEL', 'PORTRAIT_QUALITY', 'TEXTURES_AND_PATTERNS', 'TRAVEL_MODEL',
  'WEDDINGS_MODEL'].map((name) => Clarifai[name]).filter((id) => id);
let steps = 0;

const step = (name) => {
  steps += 1;
  console.log('ok', name);
};
const photograph = (name) => fs.readFileSync(path.join(process.env.TOUR_IMAGES, name + '.jpg')).toString('base64');
const ids = (hits) => hits.map((hit) => hit.input.id);
const list = (collection) => Array.from(collection);

async function until(condition, what) {
  for (let tries = 0; !(await condition()); tries += 1) {
    assert(tries < 200, what + ' takes too long');
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function refused(code, call) {
  const error = await call.then(() => null, (error) => error);
  assert(error, 'it must be refused with ' + code);
  assert.strictEqual((error.response || error).data.status.code, code);
}

async function concepts(app) {
  const made = await app.concepts.create(['bare', {id: 'c1', name: 'cute cat'}]);
  assert.deepStrictEqual(list(made).map((one) => one.name), ['bare', 'cute cat']);
  assert.strictEqual((await app.concepts.get('c1')).name, 'cute cat');
  assert.strictEqual(list(await app.concepts.list({page: 1, perPage: 1})).length, 1);
  assert.deepStrictEqual(list(await app.concepts.search('cute*')).map((one) => one.id), ['c1']);
  assert(list(await app.concepts.search('rot', 'de')).some((one) => one.id === 'sim_red'));
  assert.strictEqual((await app.concepts.get('ai_vhvTrLRT')).name, 'affection');
  assert.strictEqual(list(await app.concepts.search('lab*'))[0].name, 'label');
  assert.strictEqual(list(await app.concepts.search('\u72d7*', 'zh')).length, 3);
  await app.concepts.update({id: 'c1', name: 'renamed'});
  assert.strictEqual((await app.concepts.get('c1')).name, 'renamed');
  await refused(11101, app.concepts.get('none'));
  step('concepts');
}

async function inputs(app) {
  const made = await app.inputs.create([
    {id: 'i1', url: SAMPLES + 'metro-north.jpg', concepts: [{id: 'c1', value: true}], metadata: {k: {deep: 1}},
      geo: {longitude: 13.4, latitude: 52.5}},
    {id: 'i2', url: SAMPLES + 'dog2.jpg', concepts: [{id: 'c1', value: false}]},
    {base64: photograph('rocket'), crop: [0.1, 0.1, 0.9, 0.9]},
  ]);
  assert.strictEqual(list(made).length, 3);
  assert.strictEqual(made[2].id.length, 32);
  await until(async () => (await app.inputs.getStatus()).counts.to_process === 0, 'processing');
  assert.strictEqual((await app.inputs.getStatus()).counts.processed, 3);
  assert.deepStrictEqual((await app.inputs.get('i1')).geo, {geoPoint: {longitude: 13.4, latitude: 52.5}});
  assert.strictEqual(list(await app.inputs.list({page: 2, perPage: 2})).length, 1);
  await app.inputs.mergeConcepts({id: 'i2', concepts: [{id: 'c2', value: true}]});
  await app.inputs.deleteConcepts({id: 'i2', concepts: [{id: 'c1'}]});
  assert.deepStrictEqual(list((await app.inputs.get('i2')).concepts).map((one) => one.id), ['c2']);
  await app.inputs.overwriteConcepts({id: 'i2', concepts: [{id: 'c3', value: true}]});
  await app.inputs.update({id: 'i2', action: 'merge', metadata: {a: 1}});
  const changed = await app.inputs.get('i2');
  assert.deepStrictEqual([changed.concepts[0].id, changed.metadata], ['c3', {a: 1}]);
  step('inputs');
}

async function searches(app) {
  const find = async (query) => ids((await app.inputs.search(query)).hits);
  assert.deepStrictEqual(await find({concept: {id: 'c1', type: 'input'}}), ['i1']);
  assert.deepStrictEqual(await find({input: {metadata: {k: {deep: 1}}, type: 'input'}}), ['i1']);
  const circle = {longitude: 13.5, latitude: 52.6, type: 'withinKilometers', value: 20};
  assert.deepStrictEqual(await find({input: {geo: circle}}), ['i1']);
  const box = [{longitude: 13, latitude: 52}, {longitude: 14, latitude: 53}];
  assert.deepStrictEqual(await find({input: {geo: box}}), ['i1']);
  assert.strictEqual((await find({input: {url: SAMPLES + 'dog2.jpg'}}))[0], 'i2');
  assert.strictEqual((await find([{input: {id: 'i1'}}]))[0], 'i1');
  const response = await app.inputs.search({concept: {name: 'landscape format'}});
  assert(response.id && response.hits.every((hit) => hit.score > 0 && hit.score <= 1));
  assert.strictEqual((await find({concept: {name: 'cat'}}))[0], 'i2');
  assert.strictEqual((await find({concept: {id: 'ai_mFqxrph2'}}))[0], 'i2');
  await app.inputs.searchFeedback('i1', response.id, 'user', 'session');
  step('searches');
}

async function models(app) {
  const general = await app.models.predict(Clarifai.GENERAL_MODEL, SAMPLES + 'dog2.jpg', {maxConcepts: 3});
  assert.strictEqual(general.outputs[0].data.concepts.length, 3);
  for (const id of PUBLIC_MODELS) {
    const response = await app.models.predict(id, SAMPLES + 'metro-north.jpg');
    assert(Object.keys(response.outputs[0].data).length > 0, id);
  }
  const russian = await app.models.predict(Clarifai.GENERAL_MODEL, SAMPLES + 'dog2.jpg', {language: 'ru'});
  assert(russian.outputs[0].data.concepts.slice(0, 5).some((one) => one.name === '\u043a\u043e\u0448\u043a\u0430'));
  const older = 'aa9ca48295b37401f8af92ad1af0d91d';
  const output = await app.models.getOutputInfo({id: Clarifai.GENERAL_MODEL, version: older});
  assert.strictEqual(output.modelVersion.id, older);
  const color = await app.models.predict(Clarifai.COLOR_MODEL, {base64: photograph('coffee')});
  assert(color.outputs[0].data.colors.length > 0);
  step('predictions');

  const [left, right] = [[0, 0.5], [0.5, 1]].map(([from, to]) => [0, 0.25, 0.5, 0.75].map(
    (top) => [top, from, top + 0.25, to]));
  for (const name of TEXTURES) {
    const base64 = photograph(name);
    await app.inputs.create(left.map((crop) => ({base64, crop, concepts: [{id: name, value: true}]})));
  }
  let model = await app.models.create('textures', TEXTURES, {conceptsMutuallyExclusive: true});
  assert.strictEqual(model.modelVersion.status.code, 21102);
  model = await model.train(true);
  const version = (await app.models.getVersion('textures', model.modelVersion.id)).model_version;
  assert.strictEqual(version.status.code, 21100);
  for (const name of TEXTURES) {
    const base64 = photograph(name);
    const response = await app.models.predict('textures', right.map((crop) => ({base64, crop})));
    response.outputs.forEach((output) => {
      assert.strictEqual(output.data.concepts[0].id, name);
      assert(output.data.concepts[0].value > 0.5);
    });
  }
  step('training');

  const evaluated = await model.runModelEval();
  assert.strictEqual(evaluated.metrics.status.code, 21303);
  step('evaluation');

  model = await app.models.get('textures');
  assert.strictEqual((await model.getInputs({page: 1, perPage: 100})).inputs.length, 12);
  assert.strictEqual((await model.getVersions()).model_versions.length, 2);
  await app.models.create('other', ['x']);
  await app.models.mergeConcepts({id: 'other', concepts: [{id: 'y'}]});
  await app.models.deleteConcepts({id: 'other', concepts: [{id: 'x'}]});
  const info = await (await app.models.get('other')).getOutputInfo();
  assert.deepStrictEqual(info.outputInfo.data.concepts.map((one) => one.id), ['y']);
  await app.models.overwriteConcepts({id: 'other', concepts: [{id: 'z'}]});
  await app.models.update({id: 'other', name: 'renamed'});
  assert.deepStrictEqual(list(await app.models.search('renam*')).map((one) => one.id), ['other']);
  assert(list(await app.models.list()).length >= 5);
  await model.feedback(SAMPLES + 'dog2.jpg', {id: 'i2', data: {concepts: [{id: 'grass', value: false}]},
    info: {endUserId: 'u', sessionId: 's', outputId: 'o'}});
  await app.models.delete('textures', version.id);
  await app.models.delete(['textures', 'other']);
  await until(async () => !list(await app.models.list()).some((one) => one.appId !== 'main'), 'deleting models');
  await refused(21200, app.models.get('textures'));
  step('models');
}

async function workflows(app) {
  await app.workflows.create('mine', {modelId: Clarifai.COLOR_MODEL, modelVersionId: null});
  assert.deepStrictEqual(list(await app.workflows.list()).map((one) => one.id), ['mine']);
  const response = await app.workflow.predict('mine', {base64: photograph('coffee')});
  assert(response.results[0].outputs[0].data.colors.length > 0);
  const both = await app.workflow.predict('General', [SAMPLES + 'dog2.jpg'], {maxConcepts: 2});
  assert.strictEqual(both.results[0].outputs[0].data.concepts.length, 2);
  await app.workflows.delete('mine');
  step('workflows');
}

async function deletion(app) {
  await app.inputs.delete('i1');
  await app.inputs.delete(['i2']);
  await until(async () => list(await app.inputs.list()).every((one) => !['i1', 'i2'].includes(one.id)), 'deleting');
  await app.inputs.delete();
  await until(async () => list(await app.inputs.list()).length === 0, 'deleting all');
  step('deletion');
}

async function main() {
  const app = new Clarifai.App({apiKey: 'javascript', apiEndpoint: process.env.CLARIFAI_API_BASE});
  for (const part of [concepts, inputs, searches, models, workflows, deletion]) {
    await part(app);
  }
  const scoped = new Clarifai.App({apiKey: 'pat', userId: 'u', appId: 'a', apiEndpoint: process.env.CLARIFAI_API_BASE});
  await scoped.concepts.create('there');
  assert.deepStrictEqual(list(await scoped.concepts.list()).map((one) => one.id), ['there']);
  step('a scope');
  console.log(steps, 'steps');
}

main().catch((error) => {
  console.error(error.response ? [error.config.method, error.config.url, JSON.stringify(error.response.data)] : error);
  process.exitCode = 1;
});
