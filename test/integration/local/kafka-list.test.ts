import { readFileSync } from 'node:fs';
import { parseArtifacts } from '../../../scripts/local/artifacts/artifact';
import { kafkaList, kafkaVersions } from '../../../scripts/local/artifacts/kafka-list';
import { resolveKafka } from '../../../scripts/local/artifacts/list-kafka';
import { KAFKA_VERSION, KAFKA_VERSION_VARIABLE } from '../../../scripts/local/downloads';

const version = process.env[KAFKA_VERSION_VARIABLE] ?? KAFKA_VERSION;

test(`the list of Kafka ${version} has what Maven resolves, with its checksums`, async () => {
  expect(await resolveKafka(version)).toEqual(parseArtifacts(readFileSync(kafkaList(version), 'utf8')));
});

test('there is a list for each version that MSK offers', () => {
  expect(kafkaVersions().map((one) => one.replace(/\.\d+$/, '.x'))).toEqual([
    '3.9.x',
    '4.0.x',
    '4.1.x',
    '4.2.x',
  ]);
});
