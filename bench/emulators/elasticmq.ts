import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { reservePort } from '../../local/system/on-port.ts';
import { runProgram } from '../../scripts/run-program.ts';
import { endChild } from './end-child.ts';
import type { Emulator } from './start-moto.ts';

const ARTIFACT = 'elasticmq-server_2.13';
const VERSION = '1.7.1';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId>
  <artifactId>elasticmq</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>${ARTIFACT}</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const START_TRIES = 150;
const START_AGAIN_MS = 200;

/**
 * Downloads ElasticMQ with Maven into a git-ignored folder, once per version.
 * @returns the class path, or why it is not available
 */
export async function prepareElasticMq(): Promise<{ classPath: string } | { missing: string }> {
  const java = await runProgram('java', ['-version']);
  if (java.code !== 0) return { missing: `Java is needed: ${lastLine(java.output)}` };
  const folder = join(root, '.local', 'elasticmq');
  const jars = join(folder, 'jars');
  const marker = join(folder, 'installed.txt');
  if ((await readFile(marker, 'utf8').catch(() => '')) === POM) return { classPath: `${jars}/*` };
  console.log('Downloading ElasticMQ into .local/elasticmq (once)');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const pom = join(folder, 'pom.xml');
  await writeFile(pom, POM);
  const { code, output } = await runProgram('mvn', [
    ...['-q', '-B', '-f', pom],
    ...['dependency:copy-dependencies', `-DoutputDirectory=${jars}`],
  ]);
  if (code !== 0) return { missing: `Maven could not download ElasticMQ: ${lastLine(output)}` };
  await writeFile(marker, POM);
  return { classPath: `${jars}/*` };
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

/**
 * Starts ElasticMQ: SQS in memory, in a Java process.
 * @param folder for its configuration
 * @throws Error with its output if it does not start
 */
export async function startElasticMq(classPath: string, folder: string): Promise<Emulator> {
  const port = await reservePort('', 0);
  const config = join(folder, 'elasticmq.conf');
  await writeFile(
    config,
    `node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }
rest-stats { enabled = false }
aws { region = us-east-1, accountId = 000000000000 }
# A receive waits for up to 20 seconds, which is also the default.
pekko.http.server.request-timeout = 60s
`,
  );
  const child = spawn(
    'java',
    [
      '-Xmx512m',
      '-XX:-UsePerfData',
      `-Dconfig.file=${config}`,
      '-cp',
      classPath,
      'org.elasticmq.server.Main',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = `${output}${chunk}`.slice(-4_000);
    });
  }
  child.on('error', (error) => {
    output += error.message;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(`${endpoint}/?Action=ListQueues`).catch(() => undefined);
    await response?.text();
    if (response?.ok) break;
    if (child.exitCode !== null || tries === START_TRIES) {
      await endChild(child);
      throw new Error(`ElasticMQ does not start: ${output}`);
    }
    await delay(START_AGAIN_MS);
  }
  return { endpoint, stop: () => endChild(child) };
}
