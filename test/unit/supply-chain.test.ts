import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { keepDeployed, type Sbom } from '../../scripts/sbom.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the SBOM', () => {
  const component = (ref: string) => ({ 'bom-ref': ref, name: ref.replace(/@[^@]*$/, '') });
  const document: Sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: { component: component('service@1.0.0') },
    components: ['a@1.0.0', 'shared@2.0.0', 'shared@1.0.0', 'tool@1.0.0'].map(component),
    dependencies: [
      { ref: 'service@1.0.0', dependsOn: ['a@1.0.0', 'tool@1.0.0'] },
      { ref: 'a@1.0.0', dependsOn: ['shared@2.0.0'] },
      { ref: 'shared@2.0.0', dependsOn: ['a@1.0.0'] },
      { ref: 'shared@1.0.0', dependsOn: [] },
      { ref: 'tool@1.0.0', dependsOn: ['shared@1.0.0'] },
    ],
  };

  test('lists what production dependencies need, and no development tools', () => {
    const sbom = keepDeployed(document, ['a']);
    expect(sbom.components.map((one) => one['bom-ref'])).toEqual(['a@1.0.0', 'shared@2.0.0']);
    expect(sbom.dependencies.map(({ ref }) => ref)).toEqual([
      'service@1.0.0',
      'a@1.0.0',
      'shared@2.0.0',
    ]);
    expect(sbom.dependencies[0]?.dependsOn).toEqual(['a@1.0.0']);
  });

  test('of this repository is a CycloneDX document with a hash for each component', () => {
    const output = execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'scripts/run.mjs', 'scripts/sbom'],
      { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    const sbom: Sbom = JSON.parse(output);
    const { name, dependencies } = JSON.parse(read('package.json'));
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name } } });
    const names = sbom.components.map((one) => one.name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(names).not.toContain('jest');
    expect(sbom.components.filter(({ hashes = [] }) => hashes.length === 0)).toEqual([]);
  });
});

describe.each(['check-clients', 'check-deploy', 'check-deploy/ministack', 'check-deploy/scanners'])(
  'Python requirements of %s',
  (folder) => {
    const requirements = read(`scripts/${folder}/requirements.txt`)
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .filter((line) => line && !/^\s*#/.test(line));

    test('are pinned to a version and a hash, transitive ones included', () => {
      expect(requirements.length).toBeGreaterThan(2);
      const pinned = /^[\w.-]+(\[[\w,.-]+\])?==\S+( ;[^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*$/;
      expect(requirements.filter((line) => !pinned.test(line))).toEqual([]);
    });

    test('contain what requirements.in names', () => {
      const wanted = read(`scripts/${folder}/requirements.in`)
        .split('\n')
        .filter((line) => line && !line.startsWith('#'));
      for (const line of wanted) {
        const pinned = line.includes('==') ? `${line} ` : `${line}==`;
        expect(requirements.some((one) => one.startsWith(pinned))).toBe(true);
      }
    });
  },
);

describe('a secret scanner', () => {
  /** The formats of keys that scanners look for, AWS's `…EXAMPLE` keys included. */
  const KEYS = [
    /\b(A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}\b/,
    /\bAKID?[A-Z0-9]*EXAMPLE[A-Z]{6,}\b/,
    /\bwhs(ec|k)_[A-Za-z0-9+/]{24,}={0,2}/,
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
    /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
    /\b(ghp|gho|ghs|github_pat|xox[abprs]|sk_live|sk_test)_[A-Za-z0-9_]{16,}/,
  ];

  test('finds no key in any file of the repository', () => {
    const files = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    const findings = files
      .split('\0')
      .filter((file) => file && !/package-lock\.json$/.test(file))
      .flatMap((file) => {
        const text = readIfThere(file);
        return KEYS.flatMap((key) => key.exec(text)?.[0] ?? []).map((key) => `${file}: ${key}`);
      });
    expect(findings).toEqual([]);
  });

  test.each([
    ['an access key', ['AKIA', 'IOSFODNN7', 'EXAMPLE']],
    ['a signing key', ['whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']],
    ['a private key', ['-----BEGIN ', 'PRIVATE KEY-----']],
  ])('would find %s', (_, parts) => {
    expect(KEYS.some((key) => key.test(parts.join('')))).toBe(true);
  });
});

/** @returns the text of a file; empty for one that was deleted and not yet committed */
function readIfThere(file: string): string {
  try {
    return read(file);
  } catch {
    return '';
  }
}
