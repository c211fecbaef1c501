import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findRegion } from '../../cli/find-region.ts';
import { loadSettings } from '../../cli/load-settings.ts';

let folder: string;
const before = { ...process.env };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.env = { ...before };
});

describe('the region of a command', () => {
  const all = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };

  test('is the one that is named, then AWS_REGION, then AWS_DEFAULT_REGION', async () => {
    expect(await findRegion(all, { region: 'eu-west-3' })).toBe('eu-west-3');
    expect(await findRegion(all)).toBe('eu-west-1');
    expect(await findRegion({ ...all, AWS_REGION: '' })).toBe('eu-west-2');
  });

  test('is else the one of the profile, else us-east-1', async () => {
    process.env.AWS_CONFIG_FILE = join(folder, 'config');
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');
    delete process.env.AWS_REGION;
    writeFileSync(process.env.AWS_CONFIG_FILE, '[profile ours]\nregion = eu-central-1\n');
    expect(await findRegion({ AWS_PROFILE: 'ours' })).toBe('eu-central-1');
    expect(await findRegion({}, { profile: 'ours' })).toBe('eu-central-1');
    expect(await findRegion({ AWS_PROFILE: 'unknown' })).toBe('us-east-1');
  });
});

describe('the settings of a stage', () => {
  const load = (stage: string | undefined) => {
    const environment: Record<string, string> = { SET: 'by the environment' };
    loadSettings(stage, folder, environment);
    return [environment.ONE, environment.TWO, environment.SET];
  };
  beforeEach(() => {
    writeFileSync(join(folder, '.env'), 'ONE=developer\nTWO=developer\nSET=developer\n');
    writeFileSync(join(folder, '.env.dev'), 'ONE=dev\n');
    writeFileSync(join(folder, '.env.prod'), 'ONE=prod\nSET=prod\n');
  });

  test('of prod are in .env.prod, and never in a developer’s .env', () => {
    expect(load('prod')).toEqual(['prod', undefined, 'by the environment']);
    expect(load('test')).toEqual([undefined, undefined, 'by the environment']);
  });

  test('of dev are in .env.dev and in .env', () => {
    expect(load('dev')).toEqual(['dev', 'developer', 'by the environment']);
  });

  test('of a command without a stage are in .env', () => {
    expect(load(undefined)).toEqual(['developer', 'developer', 'by the environment']);
  });
});
