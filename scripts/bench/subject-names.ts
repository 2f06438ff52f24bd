/** Subjects of the benchmark, in the order of the table; the values describe them. */
export const SUBJECTS = {
  'emitter-cold': 'emitter, cold',
  'emitter-warm': 'emitter, warm',
  'emitter-plain': 'emitter, cold, no compression',
  debezium: 'Debezium on Kafka Connect',
  kcat: 'MariaDB client into kcat',
  'emitter-changes': 'changes: emitter, cold',
  'debezium-changes': 'changes: Debezium, streaming',
  python: 'Python, one record at a time',
  select: 'limit: SELECT to nowhere',
  producer: "limit: Kafka's producer tool",
} as const;

/** What becomes of a row when the subject, a broker or the database fails in the middle. */
export const GUARANTEES: Readonly<Record<SubjectName, string>> = {
  'emitter-cold': 'exactly once',
  'emitter-warm': 'exactly once',
  'emitter-plain': 'exactly once',
  debezium: 'begins the table again: at least once',
  kcat: 'begins again: at least once',
  'emitter-changes': 'exactly once',
  'debezium-changes': 'at least once',
  python: 'none: random rows, some again and some never',
  select: 'reads only',
  producer: 'sends only',
};

/** The name of what is measured. */
export type SubjectName = keyof typeof SUBJECTS;

/** Choices of `--only`; the variants of the emitter are measured together. */
export const CHOICES = ['emitter', 'debezium', 'kcat', 'changes', 'python', 'select', 'producer'] as const;

/** One of {@link CHOICES}. */
export type Choice = (typeof CHOICES)[number];

/** Choices that are measured at a network's latency, with the subject that each of them is there. */
export const DISTANT_SUBJECTS = {
  emitter: 'emitter-cold',
  debezium: 'debezium',
  kcat: 'kcat',
} as const satisfies Partial<Record<Choice, SubjectName>>;

/** A choice of {@link DISTANT_SUBJECTS}. */
export type DistantChoice = keyof typeof DISTANT_SUBJECTS;
