import { partOf } from './address-range';

/**
 * Ids of the Availability Zones of us-east-1 that MSK offers brokers in. All but use1-az3:
 * https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html
 *
 * An id means the same zone in every account. A name such as us-east-1a does not.
 */
export const ZONE_IDS = ['use1-az1', 'use1-az2', 'use1-az4', 'use1-az5', 'use1-az6'] as const;

/** One of {@link ZONE_IDS}. */
export type ZoneId = (typeof ZONE_IDS)[number];

/** Kinds of subnets. Each zone has one of each kind that is needed. */
export const SUBNET_KINDS = ['Public', 'Isolated', 'Egress'] as const;

/** One of {@link SUBNET_KINDS}. */
export type SubnetKind = (typeof SUBNET_KINDS)[number];

/**
 * Returns the address range of a subnet: a /24 that belongs to its zone and kind, whatever other zones are configured.
 *
 * CloudFormation creates new subnets before it deletes old ones. If a range moved from one zone to another, AWS would
 * refuse the new subnet. There are 15 ranges, and a /20 holds 16.
 */
export const subnetRange = (vpcCidr: string, kind: SubnetKind, zone: ZoneId): string =>
  partOf(vpcCidr, SUBNET_KINDS.indexOf(kind) * ZONE_IDS.length + ZONE_IDS.indexOf(zone));
