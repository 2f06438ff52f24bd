/** Subjects of the benchmark, in the order of the table; the values describe them. */
export const SUBJECTS = {
  'emitter-cold': 'emitter, cold',
  'emitter-warm': 'emitter, warm',
  'emitter-plain': 'emitter, cold, no compression',
  debezium: 'Debezium on Kafka Connect',
  'emitter-changes': 'changes: emitter, cold',
  'debezium-changes': 'changes: Debezium, streaming',
  python: 'Python, one record at a time',
  select: 'limit: SELECT to nowhere',
  producer: "limit: Kafka's producer tool",
} as const;

/** The name of what is measured. */
export type SubjectName = keyof typeof SUBJECTS;

/** Choices of `--only`; the variants of the emitter are measured together. */
export const CHOICES = ['emitter', 'debezium', 'changes', 'python', 'select', 'producer'] as const;

/** One of {@link CHOICES}. */
export type Choice = (typeof CHOICES)[number];
