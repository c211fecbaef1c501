// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub writes its placeholders like that
import { describe, expect, test } from '@jest/globals';
import { resolveReferences } from '../../local/system/resolve-references.ts';

const resources = {
  Queue: { ref: 'http://127.0.0.1/queue', attributes: { Arn: 'arn:queue', QueueName: 'queue' } },
  'AWS::Region': { ref: 'us-east-1' },
};

describe('a reference of the template becomes its local value', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Queue' }, 'http://127.0.0.1/queue'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Queue.QueueName' }, 'queue'],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${AWS::Region}/${Queue.Arn}/${!Queue}' },
      'us-east-1/arn:queue/${!Queue}',
    ],
    [
      'Fn::Sub with its own names',
      { 'Fn::Sub': ['${it}', { it: { Ref: 'Queue' } }] },
      'http://127.0.0.1/queue',
    ],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }, 'a-us-east-1'],
    [
      'deep inside',
      { a: [{ b: { Ref: 'AWS::Region' } }], c: 1 },
      { a: [{ b: 'us-east-1' }], c: 1 },
    ],
    ['nothing to resolve', { a: null, b: ['x', true] }, { a: null, b: ['x', true] }],
    ['an empty object', {}, {}],
  ])('%s', (_name, value, expected) => {
    expect(resolveReferences(value, resources)).toEqual(expected);
  });
});

describe('a reference that is not known here is named', () => {
  test.each<[unknown, string]>([
    [{ Ref: 'Table' }, 'Table'],
    [{ 'Fn::GetAtt': ['Queue', 'Colour'] }, 'Queue.Colour'],
    [{ 'Fn::Sub': '${Table}' }, 'Table'],
    [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
  ])('%j', (value, name) => {
    expect(() => resolveReferences(value, resources)).toThrow(name);
  });
});
