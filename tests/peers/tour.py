# Runs every operation of an old Python client against the simulator, and checks the results.
#
# CLARIFAI_API_BASE is the URL of the simulator, TOUR_IMAGES the directory of photographs. The simulator must serve
# https://samples.clarifai.com/{metro-north,dog2,third}.jpg. It is written for clarifai 2.0.32, and also runs with 2.6.2.
import base64
import io
import os
import time

from clarifai.rest import ClarifaiApp, Image as ClImage
from clarifai.rest import client as rest
from clarifai.rest.client import (ApiError, Concept, FeedbackInfo, Geo, GeoBox, GeoLimit, GeoPoint, InputSearchTerm,
                                  OutputSearchTerm, SearchQueryBuilder)
from PIL import Image

# The oldest version asks GitHub for updates; there is no network here.
OLDEST = hasattr(ClarifaiApp, 'check_upgrade')
ClarifaiApp.check_upgrade = lambda self: None

IMAGES = os.environ['TOUR_IMAGES']
SAMPLES = 'https://samples.clarifai.com/'
GENERAL = 'aaa03c23b3724a16a56b629203edc62c'
TEXTURES = ['brick', 'grass', 'gravel']
done = []


def step(name):
    done.append(name)
    print('ok', name)


def ids(objects):
    return [one.input_id for one in objects]


def until(condition, what, limit=20):
    start = time.time()
    while not condition():
        assert time.time() - start < limit, what + ' takes too long'
        time.sleep(0.1)


def raises(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ApiError as error:
        assert error.response.json()['status']['code'] == code, error.response.text
    else:
        raise AssertionError('%s must be refused with %d' % (call, code))


def crops(name, columns):
    """Returns the tiles of a photograph in these columns of four."""
    photo = Image.open(os.path.join(IMAGES, name + '.jpg')).convert('RGB')
    width, height = photo.width // 4, photo.height // 4
    for x in columns:
        for y in range(4):
            tile = photo.crop((x * width, y * height, (x + 1) * width, (y + 1) * height))
            png = io.BytesIO()
            tile.save(png, 'PNG')
            yield png.getvalue()


def plain(color):
    png = io.BytesIO()
    Image.new('RGB', (32, 32), color).save(png, 'PNG')
    return png.getvalue()


def concepts_of(response, index=0):
    return response['outputs'][index]['data']['concepts']


def upload_finished(app):
    until(lambda: app.inputs.check_status().to_process == 0, 'processing')


def tour_tags(app):
    coffee = os.path.join(IMAGES, 'coffee.jpg')
    tagged = app.tag_urls([SAMPLES + 'metro-north.jpg', SAMPLES + 'dog2.jpg'])
    assert len(tagged['outputs']) == 2 and len(concepts_of(tagged)) == 20
    assert len(app.tag_urls([SAMPLES + 'dog2.jpg'], model_id=GENERAL)['outputs']) == 1
    tagged = app.tag_files([coffee])
    assert tagged['outputs'][0]['status']['code'] == 10000
    step('tag_urls, tag_files')
    color = app.models.get('color')
    with open(coffee, 'rb') as file:
        content = file.read()
    responses = [color.predict_by_filename(coffee), color.predict_by_bytes(content),
               color.predict_by_base64(base64.b64encode(content)), color.predict([ClImage(filename=coffee)])]
    found = [response['outputs'][0]['data']['colors'] for response in responses]
    assert all(colors == found[0] for colors in found) and 0.99 < sum(one['value'] for one in found[0]) < 1.01
    general = app.models.get('general-v1.3')
    response = general.predict_by_url(SAMPLES + 'dog2.jpg', max_concepts=3)
    assert len(concepts_of(response)) == 3
    with open(coffee, 'rb') as file:
        response = general.predict_by_bytes(file.read(), lang='de', min_value=0.5)
    assert 'Getr\xe4nk' in [one['name'] for one in concepts_of(response)]
    assert all(one['value'] >= 0.5 for one in concepts_of(response))
    response = general.predict_by_bytes(plain('red'), lang='de', select_concepts=[Concept('rot')])
    assert concepts_of(response)[0]['value'] > 0.5
    response = general.predict_by_bytes(plain('red'), select_concepts=[Concept(concept_id='sim_red')])
    assert [one['id'] for one in concepts_of(response)] == ['sim_red']
    raises(10020, general.predict_by_url, SAMPLES + 'nothing-there.jpg')
    step('Model.predict, by url, filename, bytes and base64')


# The public models by their old ids, each with the member of its output for a photograph of an astronaut.
PUBLIC_MODELS = {
    'e0be3b9d6a454f0493ac3a30784001ff': 'concepts', 'e466caa0619f444ab97497640cefc4dc': 'regions',
    'eeed0b6733a644cea07cf4c60f87ebb7': 'colors', 'c0c0ac362b03416da06ab3fa36fb58e3': 'regions',
    'a403429f2ddf4b49b307e318f00e528b': 'regions', 'd02b4508df58432fbb84e800597b8959': 'regions',
    'c2cf7cecd8a6427da375b9f35fcd2381': 'focus', 'bd367be194cf45149e75f01d59f77ba7': 'concepts',
    'bbb5f41425b8468d9b7a554ff10f8581': 'embeddings', 'aaa03c23b3724a16a56b629203edc62c': 'concepts',
    'bec14810deb94c40a05f1f0eb3c91403': 'concepts', 'c443119bf2ed4da98487520d01a0b1e3': 'regions',
    'd16f390eb32cad478c7ae150069bd2c6': 'concepts', 'e9576d86d2004ed1a38ba0cf39ecb4b1': 'concepts',
    'de9bd05cfdbf4534af151beb2a5d0953': 'concepts', 'fbefb47f9fdb410e8ce14f24f54b47ff': 'concepts',
    'eee28c313d69466f836ab83287a54ed9': 'concepts', 'c386b7a870114f4a87477c0824499348': 'concepts',
}


def tour_public(app):
    for model_id, member in sorted(PUBLIC_MODELS.items()):
        model = app.models.get(model_id=model_id)
        response = model.predict_by_url(SAMPLES + 'metro-north.jpg')
        assert member in response['outputs'][0]['data'], (model_id, response)
        info = model.get_info(verbose=True)['model']['output_info']
        assert 'data' not in info or info['data']['concepts'], model_id
        versions = model.list_versions()['model_versions']
        model.model_version = versions[0]['id']
        assert model.get_info(verbose=True)['model']['model_version']['id'] == versions[0]['id']
    general = app.models.get(model_id=GENERAL)
    general.model_version = 'aa9ca48295b37401f8af92ad1af0d91d'
    assert general.get_info(verbose=True)['model']['model_version']['id'] == general.model_version
    names = ['apparel', 'celeb-v1.3', 'demographics', 'face', 'focus', 'food-items-v1.0', 'nsfw-v1.0', 'travel-v1.0',
             'weddings-v1.0']
    # The name of the focus model is its id of today, too.
    assert all(app.models.get(name).model_id in list(PUBLIC_MODELS) + ['focus'] for name in names)
    assert app.models.get('face').model_id != app.models.get('face', model_type='embed').model_id
    step('the public models: by id and name, predictions, output info, versions')
    assert app.concepts.get('ai_vhvTrLRT').concept_name == 'affection'
    assert app.concepts.get('ai_HLmqFqBf').concept_name == 'train'
    assert len(list(app.concepts.search('dog*'))) >= 2 and len(list(app.concepts.search(u'\u72d7*', lang='zh'))) >= 3
    for language, name in [('de', u'Katze'), ('fr', u'chat'), ('es', u'gato'), ('ru', u'\u043a\u043e\u0448\u043a\u0430'),
                           ('ja', u'\u732b'), ('zh', u'\u732b')]:
        response = general.predict_by_url(SAMPLES + 'dog2.jpg', lang=language)
        assert name in [one['name'] for one in concepts_of(response)[:5]], (language, response)
    step('public concepts: by id, by wildcard, in other languages')
    raises(11009, ClarifaiApp, api_key='rejected-key')
    step('a rejected key')


def tour_concepts(app):
    concept = app.concepts.create('id0', 'first')
    assert (concept.concept_id, concept.concept_name) == ('id0', 'first')
    assert app.concepts.create('bare').concept_name == 'bare'
    made = app.concepts.bulk_create(['id1', 'id2'], ['cute cat', 'cute dog'])
    assert [one.concept_name for one in made] == ['cute cat', 'cute dog']
    raises(40003, app.concepts.create, 'id1')
    step('Concepts.create, bulk_create')
    assert app.concepts.get('id1').concept_name == 'cute cat'
    raises(11101, app.concepts.get, 'none')
    assert len(list(app.concepts.get_all())) == 4
    assert [one.concept_id for one in app.concepts.get_by_page(2, 3)] == ['id2']
    step('Concepts.get, get_all, get_by_page')
    assert [one.concept_id for one in app.concepts.search('cute*')] == ['id1', 'id2']
    assert 'sim_red' in [one.concept_id for one in app.concepts.search('rot*', lang='de')]
    step('Concepts.search')
    assert app.concepts.update('id1', 'new name').concept_name == 'new name'
    updated = app.concepts.bulk_update(['id1', 'id2'], ['name one', 'name two'])
    assert [one.concept_name for one in updated] == ['name one', 'name two']
    assert app.concepts.get('id2').concept_name == 'name two'
    step('Concepts.update, bulk_update')


def tour_inputs(app):
    inputs = app.inputs
    photo = os.path.join(IMAGES, 'rocket.jpg')
    red, blue = plain('red'), plain('blue')
    berlin = Geo(geo_point=GeoPoint(13.4, 52.5))
    one = inputs.create_image_from_url(SAMPLES + 'metro-north.jpg', image_id='url', concepts=['train'],
                                       not_concepts=['cat'], metadata={'key': {'deep': [1, None]}}, geo=berlin)
    assert one.input_id == 'url' and one.concepts == ['train'] and one.not_concepts == ['cat']
    raises(10020, inputs.create_image_from_url, SAMPLES + 'metro-north.jpg')
    again = inputs.create_image_from_url(SAMPLES + 'metro-north.jpg', crop=[0.1, 0.2, 0.9, 0.8],
                                         allow_duplicate_url=True)
    assert len(again.input_id) == 32
    inputs.create_image_from_filename(photo, image_id='file')
    inputs.create_image_from_bytes(red, image_id='red', concepts=['warm'], metadata={'k': 'v'})
    inputs.create_image_from_base64(base64.b64encode(blue), image_id='blue', concepts=['cold'])
    inputs.create_image(ClImage(url=SAMPLES + 'dog2.jpg', image_id='dog'))
    made = inputs.bulk_create_images([ClImage(url=SAMPLES + 'third.jpg', image_id='third'),
                                      ClImage(url=SAMPLES + 'nothing-there.jpg', image_id='lost')])
    assert ids(made) == ['third', 'lost']
    step('Inputs.create_image, from url, filename, bytes and base64, bulk_create_images')

    status = inputs.check_status()
    assert status.to_process + status.processed + status.errors == 8
    app.wait_until_inputs_upload_finish()
    upload_finished(app)
    status = inputs.check_status()
    assert (status.processed, status.errors) == (7, 1)
    step('Inputs.check_status')
    assert inputs.get('url').status.code == 30000 and inputs.get('lost').status.code == 30002
    assert inputs.get('url').metadata == {'key': {'deep': [1, None]}}
    raises(30102, inputs.get, 'none')
    assert len(list(inputs.get_all())) == 8 and len(list(inputs.get_all(ignore_error=True))) == 7
    assert ids(inputs.get_by_page(1, 2)) == ['lost', 'third']
    assert ids(inputs.get_by_page(1, 2, ignore_error=True)) == ['third']
    step('Inputs.get, get_all, get_by_page')

    changed = inputs.add_concepts('red', ['cat', 'kitty'], ['dog'])
    assert changed.concepts == ['warm', 'cat', 'kitty'] and changed.not_concepts == ['dog']
    changed = inputs.merge_concepts('red', ['dog'], ['cat'])
    assert changed.concepts == ['warm', 'kitty', 'dog'] and changed.not_concepts == ['cat']
    assert inputs.delete_concepts('red', ['kitty', 'dog']).concepts == ['warm']
    assert inputs.merge_concepts('red', ['warm'], ['cold'], overwrite=True).not_concepts == ['cold']
    inputs.bulk_merge_concepts(['red', 'blue'], [[('tone', True), ('gray', False)], [('tone', True)]])
    assert inputs.get('blue').concepts == ['cold', 'tone']
    inputs.bulk_delete_concepts(['red', 'blue'], [['tone', 'gray'], ['tone']])
    assert inputs.get('red').concepts == ['warm'] and inputs.get('red').not_concepts == ['cold']
    step('Inputs.add_concepts, merge_concepts, delete_concepts, in bulk')
    inputs.merge_metadata('red', {'key1': 'value1'})
    assert inputs.get('red').metadata == {'k': 'v', 'key1': 'value1'}
    inputs.update(ClImage(image_id='red', concepts=['warm'], not_concepts=['cold'], metadata={'only': 1}),
                  action='overwrite')
    assert inputs.get('red').metadata == {'only': 1}
    inputs.bulk_update([ClImage(image_id='red', metadata={'a': 1}), ClImage(image_id='blue', metadata={'a': 2})])
    assert inputs.get('red').metadata == {'only': 1, 'a': 1}
    if OLDEST:  # Later versions accept a partial success, and fail on the item without an image.
        raises(10010, inputs.bulk_update, [ClImage(image_id='red', concepts=['warm']),
                                           ClImage(image_id='none', concepts=['warm'])])
    step('Inputs.merge_metadata, update, bulk_update')
    if not OLDEST:
        return
    outputs = inputs.get_outputs('red')
    assert outputs['outputs'][0]['data']['concepts'][0]['id'].startswith('ai_')
    outputs = inputs.merge_outputs_concepts('red', ['warm'])
    assert outputs['outputs'][0]['data']['concepts'][0]['id'] == 'warm'
    outputs = inputs.remove_outputs_concepts('red', ['warm'])
    assert 'warm' not in [one['id'] for one in outputs['outputs'][0]['data']['concepts']]
    step('Inputs.get_outputs, merge_outputs_concepts, remove_outputs_concepts')


def tour_searches(app):
    inputs = app.inputs
    assert ids(inputs.search_by_annotated_concepts(concept='warm')) == ['red']
    assert ids(inputs.search_by_annotated_concepts(concept_id='cold', value=False)) == ['red']
    assert ids(inputs.search_by_annotated_concepts(concepts=['warm', 'cold'], values=[True, False])) == ['red']
    raises(40002, inputs.search_by_annotated_concepts, concept_id='never heard of')
    step('Inputs.search_by_annotated_concepts')
    hits = inputs.search_by_predicted_concepts(concept='red')
    assert hits[0].input_id == 'red' and 0 < hits[0].score <= 1
    assert inputs.search_by_predicted_concepts(concept=u'blau', lang='de')[0].input_id == 'blue'
    assert 'blue' not in ids(inputs.search_by_predicted_concepts(concept_id='sim_blue', value=False))
    for found in [inputs.search_by_predicted_concepts(concept='cat'),
                  inputs.search_by_predicted_concepts(concept_id='ai_mFqxrph2'),
                  inputs.search_by_predicted_concepts(concept=u'\u043a\u043e\u0448\u043a\u0430', lang='ru')]:
        assert found[0].input_id == 'dog', ids(found)
    inputs.search_by_predicted_concepts(concepts=['train', 'railway'], values=[True, False])
    assert ids(inputs.search_by_annotated_concepts(concept_id='ai_mFqxrph2')) == []
    step('Inputs.search_by_predicted_concepts')
    near = GeoPoint(13.5, 52.6)
    assert ids(inputs.search_by_geo(near, GeoLimit('kilometer', 20))) == ['url']
    assert ids(inputs.search_by_geo(near, GeoLimit('mile', 1))) == []
    assert ids(inputs.search_by_geo(geo_box=GeoBox(GeoPoint(13, 52), GeoPoint(14, 53)))) == ['url']
    step('Inputs.search_by_geo')
    assert ids(inputs.search_by_metadata({'key': {'deep': [1]}})) == ['url']
    assert ids(inputs.search_by_original_url(SAMPLES + 'dog2.jpg')) == ['dog']
    step('Inputs.search_by_metadata, search_by_original_url')
    rocket = os.path.join(IMAGES, 'rocket.jpg')
    with open(rocket, 'rb') as file:
        content = file.read()
    for hits in [inputs.search_by_image(image_id='file'), inputs.search_by_image(imgbytes=content),
                 inputs.search_by_image(base64bytes=base64.b64encode(content)),
                 inputs.search_by_image(filename=rocket), inputs.search_by_image(fileobj=open(rocket, 'rb')),
                 inputs.search_by_image(image=ClImage(filename=rocket))]:
        assert hits[0].input_id == 'file' and hits[0].score > 0.99, (ids(hits), hits[0].score)
    assert inputs.search_by_image(url=SAMPLES + 'dog2.jpg')[0].input_id == 'dog'
    assert len(inputs.search_by_image(image_id='file', page=2, per_page=2)) == 2
    step('Inputs.search_by_image')
    query = SearchQueryBuilder()
    query.add_term(InputSearchTerm(concept='warm'))
    query.add_term(OutputSearchTerm(input_id='red'))
    assert ids(inputs.search(query)) == ['red']
    query = SearchQueryBuilder(language='de')
    query.add_term(OutputSearchTerm(concept='rot'))
    query.add_term(OutputSearchTerm(base64=base64.b64encode(plain('red')).decode(), crop=[0, 0, 0.5, 0.5]))
    assert inputs.search(query)[0].input_id == 'red'
    step('Inputs.search')
    inputs.send_search_feedback('red', FeedbackInfo(end_user_id='u', session_id='s', event_type='search_click',
                                                    search_id='x'))
    step('Inputs.send_search_feedback')


def concept_ids(model):
    info = model.get_info(verbose=True)['model']
    found = sorted(one['id'] for one in info['output_info']['data']['concepts'])
    if OLDEST:  # Later versions return what they read when the model was created.
        assert sorted(model.get_concept_ids()) == found
    return found


def tour_models(app):
    models = app.models
    known = len(list(models.get_all()))
    assert len(list(models.get_all(public_only=True))) == known
    assert models.create('my_model1').model_name == 'my_model1'
    model = models.create('my_model2', model_name='Second', concepts=['bird', 'fish'], closed_environment=True)
    assert model.model_id == 'my_model2'
    raises(21202, models.create, 'my_model2')
    assert [one.model_id for one in models.get_all(private_only=True)] == ['my_model2', 'my_model1']
    assert len(list(models.get_by_page(page=1, per_page=1))) == 1
    step('Models.create, get_all, get_by_page')
    assert [one.model_id for one in models.search('Sec*')] == ['my_model2']
    assert [one.model_id for one in models.search('general-v1.3', model_type='concept')] == [GENERAL]
    assert models.get('Second').model_id == 'my_model2' and models.get(model_id='my_model1').model_id == 'my_model1'
    assert models.get('my_model2').model_name == 'Second'
    models.clear_model_cache()
    models.init_model_cache()
    step('Models.search, get, init_model_cache, clear_model_cache')
    model = models.get('my_model2')
    assert model.get_info()['model']['id'] == 'my_model2'
    assert [one['id'] for one in model.get_info(verbose=True)['model']['output_info']['data']['concepts']] == \
        ['bird', 'fish']
    model.add_concepts(['cat', 'dog'])
    model.merge_concepts(['cat'])
    assert concept_ids(model) == ['bird', 'cat', 'dog', 'fish']
    model.delete_concepts(['cat', 'dog'])
    model.update(model_name='Renamed', concepts_mutually_exclusive=True, concept_ids=['hurd'])
    assert concept_ids(model) == ['bird', 'fish', 'hurd']
    model.merge_concepts(['bird', 'fish'], overwrite=True)
    assert concept_ids(model) == ['bird', 'fish']
    assert models.get('my_model2').model_name == 'Renamed'
    step('Model.get_info, add_concepts, merge_concepts, delete_concepts, update, get_concept_ids')


def tour_training(app):
    models = app.models
    for name in TEXTURES:
        app.inputs.bulk_create_images([ClImage(base64=base64.b64encode(tile), concepts=[name])
                                       for tile in crops(name, [0, 1])])
    model = models.create('textures', concepts=TEXTURES, concepts_mutually_exclusive=True)
    assert model.model_status_code == 21102
    raises(21102, models.get(model_id='textures').predict_by_bytes, plain('red'))
    trained = model.train()
    assert trained.model_status_code == 21100, trained.model_status_code
    for name in TEXTURES:
        tiles = list(crops(name, [2, 3]))
        response = trained.predict([ClImage(base64=base64.b64encode(tile)) for tile in tiles])
        for index in range(len(tiles)):
            found = concepts_of(response, index)
            assert found[0]['id'] == name and found[0]['value'] > 0.5, (name, found)
            assert abs(sum(one['value'] for one in found) - 1) < 1e-3
    hits = app.inputs.search_by_predicted_concepts(concept='grass')
    assert len(hits) == 20
    step('Model.train, and predictions of the trained model')
    versions = trained.list_versions()['model_versions']
    assert [one['status']['code'] for one in versions] == [21100, 21102]
    version = trained.get_version(versions[0]['id'])['model_version']
    assert version['status']['code'] == 21100 and version['active_concept_count'] == 3
    assert len(trained.get_inputs(page=1, per_page=100)['inputs']) == 24
    assert len(trained.get_inputs(version_id=version['id'], page=2, per_page=20)['inputs']) == 4
    step('Model.list_versions, get_version, get_inputs')
    if not OLDEST:
        trained.model_version = version['id']
        assert trained.evaluate()['model_version']['metrics']['status']['code'] == 21303
        step('Model.evaluate')
    info = FeedbackInfo(end_user_id='u', session_id='s', event_type='annotation', output_id='o')
    general = models.get('general-v1.3')
    general.send_concept_feedback('red', SAMPLES + 'dog2.jpg', concepts=['dog'], not_concepts=['cat'],
                                  feedback_info=info)
    box = rest.BoundingBox(0.1, 0.2, 0.3, 0.4)
    region = rest.RegionInfo(bbox=box, feedback_type=rest.FeedbackType.misplaced)
    general.send_region_feedback('red', SAMPLES + 'dog2.jpg', regions=[rest.Region(region_info=region)],
                                 feedback_info=info)
    step('Model.send_concept_feedback, send_region_feedback')
    trained.delete_version(versions[1]['id'])
    until(lambda: len(trained.list_versions()['model_versions']) == 1, 'deleting a version')
    models.delete('textures', version_id=versions[0]['id'])
    models.delete('my_model1')
    until(lambda: 'my_model1' not in [one.model_id for one in models.get_all(private_only=True)], 'deleting a model')
    models.delete_all()
    app.wait_until_models_delete_finish()
    assert list(models.get_all(private_only=True)) == []
    step('Model.delete_version, Models.delete, delete_all')


def tour_workflows(app):
    assert list(app.workflows.get_all()) == [] and app.workflows.get_by_page() == []
    public = list(app.workflows.get_all(public_only=True))
    assert [one.wf_id for one in public] == ['General', 'food-and-general'] and len(public[0].nodes) == 2
    workflow = app.workflows.get('General')
    assert workflow.wf_id == 'General'
    coffee = os.path.join(IMAGES, 'coffee.jpg')
    with open(coffee, 'rb') as file:
        content = file.read()
    responses = [workflow.predict_by_filename(coffee), workflow.predict_by_bytes(content),
               workflow.predict([ClImage(filename=coffee)]), workflow.predict_by_url(SAMPLES + 'dog2.jpg')]
    for response in responses:
        outputs = response['results'][0]['outputs']
        assert len(outputs) == 2 and outputs[0]['data']['concepts'] and outputs[1]['data']['colors']
    response = workflow.predict_by_bytes(plain('red'), max_concepts=2, lang='de')
    assert len(response['results'][0]['outputs'][0]['data']['concepts']) == 2
    response = app.workflows.get('food-and-general').predict_by_filename(coffee)
    assert all(output['data']['concepts'] for output in response['results'][0]['outputs'])
    step('Workflows, Workflow.predict')


def tour_deletion(app):
    app.inputs.delete('red')
    until(lambda: 'red' not in ids(app.inputs.get_all()), 'deleting an input')
    app.inputs.delete(['blue', 'dog'])
    until(lambda: not {'blue', 'dog'} & set(ids(app.inputs.get_all())), 'deleting inputs')
    app.inputs.delete_all()
    app.wait_until_inputs_delete_finish()
    assert list(app.inputs.get_all()) == []
    step('Inputs.delete, delete_all')


def main():
    app = ClarifaiApp(api_key='tour')
    for part in [tour_tags, tour_public, tour_concepts, tour_inputs, tour_searches, tour_models, tour_training, tour_workflows,
                 tour_deletion]:
        part(app)
    if OLDEST:  # Later versions support keys only.
        app = ClarifaiApp(app_id='an-id', app_secret='a-secret')
        assert len(app.auth.get_token()) == 32
        assert list(app.concepts.get_all()) == [], 'another application'
        step('Auth.get_token')
    print('%d steps' % len(done))


if __name__ == '__main__':
    main()
