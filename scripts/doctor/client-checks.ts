import { existsSync, readFileSync } from 'node:fs';
import { DescribeInstanceStatusCommand, EC2Client } from '@aws-sdk/client-ec2';
import { awsCall } from '../aws/aws-call';
import type { DeployedPipeline } from '../aws/deployed-pipeline';
import { findKafkaClient } from '../aws/kafka-client-machine';
import { findKeyPair, readPrivateKey } from '../aws/key-pair';
import { type Check, failed, ok, skipped, warning } from './check';
import { stackCheck } from './stack-checks';

/** Checks that the Kafka client accepts a login. */
export const clientChecks = (pipeline: DeployedPipeline): Check[] => [
  {
    name: 'key',
    needs: [stackCheck('KafkaClient')],
    examine: async () => {
      const keyPair = await findKeyPair(pipeline);
      const privateKey = await readPrivateKey(pipeline, keyPair);
      const file = `${keyPair.name}.pem`;
      if (!existsSync(file)) return ok(`${keyPair.id} is in Parameter Store; not fetched yet`);
      return readFileSync(file, 'utf8').trim() === privateKey.trim()
        ? ok(`${keyPair.id}, as in ${file}`)
        : failed(`${file} holds another key than ${keyPair.id}`, 'npm run fetch-key -- --force');
    },
  },
  {
    name: 'Kafka client',
    needs: [stackCheck('KafkaClient')],
    examine: async () => {
      const { account, config } = pipeline;
      const { instanceId, host } = await findKafkaClient(pipeline);
      if (account.isEmulator) return skipped(`${instanceId} is recorded; the emulator boots no machine`);
      const ec2 = new EC2Client(account.client);
      const { InstanceStatuses: [status] = [] } = await awsCall('ec2:DescribeInstanceStatus', () =>
        ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId] })),
      );
      const states = [status?.SystemStatus?.Status, status?.InstanceStatus?.Status];
      if (states.includes('impaired')) {
        return failed(
          `${instanceId} does not answer AWS's own checks`,
          `aws ec2 reboot-instances --region ${config.region} --instance-ids ${instanceId}`,
        );
      }
      if (states.some((state) => state !== 'ok'))
        return warning(`${instanceId} is starting`, 'wait, and ask again');
      return config.sshCidrs.length > 0
        ? ok(`${instanceId} at ${host}; it has booted to the end, or its stack would have failed`)
        : ok(`${instanceId}; no address may use SSH (sshCidrs): npm run connect -- --session-manager`);
    },
  },
];
