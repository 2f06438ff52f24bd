import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { inUtf8 } from '../../machine/program-environment';
import { commandLine, runWhenMain } from '../../terminal/command';
import { type Artifact, artifactsText } from './artifact';
import { kafkaList } from './kafka-list';

/**
 * The jars of a version of Kafka, as Maven resolves them from the pom in this folder.
 *
 * @throws Error with Maven's own words, or when there is no Maven.
 */
export async function resolveKafka(version: string): Promise<Artifact[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'artifacts-'));
  try {
    const list = path.join(directory, 'list');
    await promisify(execFile)(
      'mvn',
      [
        ...['--batch-mode', '--quiet', '--strict-checksums', '--file=pom.xml', `-Dkafka.version=${version}`],
        ...['-DincludeScope=runtime', '-DoutputAbsoluteArtifactFilename=true', `-DoutputFile=${list}`],
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:list',
      ],
      { cwd: __dirname, env: inUtf8() },
    );
    return [...readFileSync(list, 'utf8').matchAll(RESOLVED)]
      .map(([, group, name, classifier = '', resolved, file]) => {
        const content = readFileSync(file as string);
        return {
          coordinates: `${group}:${name}:${resolved}${classifier}`,
          sha256: createHash('sha256').update(content).digest('hex'),
          bytes: content.length,
        };
      })
      .sort((a, b) => (a.coordinates < b.coordinates ? -1 : 1));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A line of the plugin: `group:name:jar:version:scope:file`, with the classifier behind `jar` if there is one. */
const RESOLVED = /^ +([^:\s]+):([^:]+):jar(:[^:]+)?:([^:]+):(?:compile|runtime):(.+\.jar)\b/gm;

const command = new Command('npx tsx scripts/local/artifacts/list-kafka.ts')
  .description('Writes the list of the jars of a version of Kafka, for the download. It needs Maven.')
  .requiredOption('--kafka <version>', 'such as 3.9.2');

/** Writes the list of a version. */
export const listKafka = commandLine(command, async ({ kafka }: { readonly kafka: string }) => {
  writeFileSync(kafkaList(kafka), artifactsText(await resolveKafka(kafka)));
  return 0;
});

runWhenMain(module, listKafka);
