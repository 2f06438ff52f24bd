import type { GroupDescription, MemberDescription } from 'kafkajs';
import Broker from 'kafkajs/src/broker';

/**
 * Lets the client see the members of groups of the newer protocol (KIP-848, the default of consumers to come): to its own
 * request for them, which is older, brokers answer that the group is dead.
 *
 * Answers that are errors name no members: that the group can be described at all is known by then.
 */
export function describeNewerGroups(): void {
  const { describeGroups } = Broker.prototype;
  Broker.prototype.describeGroups = async function alsoNewer(this: Broker, request) {
    const described = await describeGroups.call(this, request);
    if (this.versions?.[CONSUMER_GROUP_DESCRIBE.apiKey] === undefined) return described;
    const withMembers = async (group: GroupDescription): Promise<GroupDescription> => {
      if (group.state !== 'Dead') return group;
      const members = await this.connectionPool.send<MemberDescription[]>(describeRequest(group.groupId));
      return { ...group, members };
    };
    return { ...described, groups: await Promise.all(described.groups.map(withMembers)) };
  };
}

/** https://kafka.apache.org/41/design/protocol#The_Messages_ConsumerGroupDescribe */
const CONSUMER_GROUP_DESCRIBE = { apiKey: 69, apiVersion: 0, apiName: 'ConsumerGroupDescribe' } as const;

/** No tagged fields: they end the header and every structure. */
const NO_TAGS = 0;

function describeRequest(groupId: string) {
  return {
    request: {
      ...CONSUMER_GROUP_DESCRIBE,
      encode: async () => {
        const name = Buffer.from(groupId);
        const buffer = Buffer.concat([
          Buffer.from([NO_TAGS, 1 + 1]),
          unsignedVarint(name.length + 1),
          name,
          // Nor the operations that this client may use.
          Buffer.from([0, NO_TAGS]),
        ]);
        return { buf: buffer, buffer };
      },
    },
    response: {
      decode: async (answer: Buffer) => membersIn(answer),
      parse: async <T>(members: T) => members,
    },
  };
}

/** The first member of the only group in an answer to {@link describeRequest}, if it has any. */
export function membersIn(answer: Buffer): MemberDescription[] {
  const fields = new CompactFields(answer);
  fields.skip(1 + 4); // tags of the header, time for which the request was held up
  if (fields.count() === 0) return [];
  fields.skip(2); // error
  fields.text(); // error message
  fields.text(); // group id
  fields.text(); // state
  fields.skip(4 + 4); // epochs
  fields.text(); // assignor
  if (fields.count() === 0) return [];
  const memberId = fields.text();
  fields.text(); // instance id
  fields.text(); // rack
  fields.skip(4); // epoch
  const clientId = fields.text();
  const clientHost = fields.text();
  return [
    { memberId, clientId, clientHost, memberMetadata: Buffer.alloc(0), memberAssignment: Buffer.alloc(0) },
  ];
}

/** Reads fields of the compact encoding one after another: https://kafka.apache.org/39/protocol.html#protocol_types */
class CompactFields {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  skip(bytes: number): void {
    this.at += bytes;
  }

  /** The number of elements of an array, or of bytes of a text; none where there is no array or text. */
  count(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return Math.max(0, value - 1);
    }
  }

  text(): string {
    const length = this.count();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
