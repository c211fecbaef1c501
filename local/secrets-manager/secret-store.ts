import { randomUUID } from 'node:crypto';

/** An error of Secrets Manager. Its name is that of the SDK's error. */
export class SecretsManagerError extends Error {
  constructor(name: SecretsManagerErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

export type SecretsManagerErrorName =
  | 'InvalidParameterException'
  | 'LimitExceededException'
  | 'ResourceExistsException'
  | 'ResourceNotFoundException'
  | 'UnknownOperationException';

/** Versions of a secret; the next one is refused (quotas of Secrets Manager). */
export const MAX_VERSIONS = 100;
/** A version without labels is kept for at least a day (PutSecretValue). */
const DEPRECATED_VERSIONS_KEPT_MS = 24 * 60 * 60 * 1000;

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

interface Content {
  SecretString?: string | undefined;
  SecretBinary?: string | undefined;
}

export interface Version extends Content {
  id: string;
  createdAtMs: number;
  stages: Set<string>;
}

export interface Secret {
  name: string;
  arn: string;
  createdAtMs: number;
  versions: Map<string, Version>;
}

export interface PutInput extends Content {
  ClientRequestToken?: string | undefined;
  VersionStages?: string[] | undefined;
}

/**
 * Secrets, their versions and staging labels, by the rules of the API reference of AWS Secrets Manager.
 * Operations are atomic. Every method throws SecretsManagerError.
 */
export class SecretStore {
  private readonly secrets = new Map<string, Secret>();
  private readonly region: string;
  private readonly now: () => number;

  constructor(options: { region?: string; now?: () => number } = {}) {
    this.region = options.region ?? 'us-east-1';
    this.now = options.now ?? Date.now;
  }

  create(name: string, input: PutInput = {}): { secret: Secret; version: Version | undefined } {
    const existing = this.secrets.get(name);
    if (existing) {
      const version = existing.versions.get(input.ClientRequestToken ?? '');
      if (version && sameContent(version, input)) return { secret: existing, version };
      throw new SecretsManagerError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const secret: Secret = {
      name,
      arn: `arn:aws:secretsmanager:${this.region}:000000000000:secret:${name}-${randomUUID().slice(0, 6)}`,
      createdAtMs: this.now(),
      versions: new Map(),
    };
    this.secrets.set(name, secret);
    const version = hasContent(input) ? this.put(name, input).version : undefined;
    return { secret, version };
  }

  /** @param secretId a name or an ARN */
  find(secretId: string): Secret {
    const secret =
      this.secrets.get(secretId) ?? [...this.secrets.values()].find(({ arn }) => arn === secretId);
    if (secret) return secret;
    throw new SecretsManagerError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  }

  get(
    secretId: string,
    wanted: { VersionId?: string | undefined; VersionStage?: string | undefined } = {},
  ): { secret: Secret; version: Version } {
    const secret = this.find(secretId);
    const { VersionId: id, VersionStage: stage = id ? undefined : CURRENT } = wanted;
    const version = id ? secret.versions.get(id) : stage && holderOf(secret, stage);
    if (!version) {
      throw new SecretsManagerError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${id ? `VersionId: ${id}` : `staging label: ${stage}`}`,
      );
    }
    if (stage && !version.stages.has(stage)) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        'You provided a VersionStage that is not associated to the provided VersionId.',
      );
    }
    return { secret, version };
  }

  put(secretId: string, input: PutInput): { secret: Secret; version: Version } {
    const secret = this.find(secretId);
    const id = input.ClientRequestToken ?? randomUUID();
    if (id.length < 32 || id.length > 64) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        'ClientRequestToken must be 32-64 characters long.',
      );
    }
    if (!hasContent(input)) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        'You must provide either SecretString or SecretBinary.',
      );
    }
    const known = secret.versions.get(id);
    if (known) {
      if (sameContent(known, input)) return { secret, version: known };
      throw new SecretsManagerError(
        'ResourceExistsException',
        "You can't modify an existing version, you can only create a new version.",
      );
    }
    this.dropOldVersions(secret);
    if (secret.versions.size >= MAX_VERSIONS) {
      throw new SecretsManagerError(
        'LimitExceededException',
        `The secret ${secret.name} has ${MAX_VERSIONS} versions, which is the most there can be.`,
      );
    }
    const version: Version = {
      id,
      SecretString: input.SecretString,
      SecretBinary: input.SecretBinary,
      createdAtMs: this.now(),
      stages: new Set(),
    };
    const stages = new Set(input.VersionStages?.length ? input.VersionStages : [CURRENT]);
    if (secret.versions.size === 0) stages.add(CURRENT);
    secret.versions.set(id, version);
    for (const stage of stages) moveLabel(secret, stage, version);
    return { secret, version };
  }

  /** Compare-and-swap of a label: moves it only if it is at the version that the caller names. */
  updateStage(
    secretId: string,
    stage: string,
    move: { RemoveFromVersionId?: string | undefined; MoveToVersionId?: string | undefined },
  ): Secret {
    const secret = this.find(secretId);
    const { RemoveFromVersionId: from, MoveToVersionId: to } = move;
    for (const id of [from, to]) {
      if (id !== undefined && !secret.versions.has(id)) {
        throw new SecretsManagerError('InvalidParameterException', `Not a valid version: ${id}`);
      }
    }
    const holder = holderOf(secret, stage);
    if (from !== undefined && holder?.id !== from) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        `Staging label ${stage} is not attached to version ${from}.`,
      );
    }
    if (from === undefined && holder && holder.id !== to) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    const target = to === undefined ? undefined : secret.versions.get(to);
    if (target) {
      moveLabel(secret, stage, target);
    } else if (stage === CURRENT) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
      );
    } else {
      holder?.stages.delete(stage);
    }
    return secret;
  }

  private dropOldVersions(secret: Secret): void {
    const before = this.now() - DEPRECATED_VERSIONS_KEPT_MS;
    if (secret.versions.size < MAX_VERSIONS) return;
    for (const version of secret.versions.values()) {
      if (version.stages.size === 0 && version.createdAtMs < before) {
        secret.versions.delete(version.id);
      }
    }
  }
}

function holderOf(secret: Secret, stage: string): Version | undefined {
  return [...secret.versions.values()].find((version) => version.stages.has(stage));
}

function moveLabel(secret: Secret, stage: string, target: Version): void {
  const holder = holderOf(secret, stage);
  if (holder === target) return;
  holder?.stages.delete(stage);
  target.stages.add(stage);
  // The version that loses AWSCURRENT becomes AWSPREVIOUS.
  if (stage === CURRENT && holder) moveLabel(secret, PREVIOUS, holder);
}

function hasContent(content: Content): boolean {
  return content.SecretString !== undefined || content.SecretBinary !== undefined;
}

function sameContent(a: Content, b: Content): boolean {
  return a.SecretString === b.SecretString && a.SecretBinary === b.SecretBinary;
}
