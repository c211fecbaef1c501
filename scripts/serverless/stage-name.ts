/** Maximum length of names in AWS, by kind. */
const LIMITS = { function: 64, queue: 80, alarm: 255 };

/**
 * Checks the length of a stage's name, which is part of every name in the account.
 * @param names the names of the stage
 */
export function checkStageName(
  stage: string,
  names: { [kind in keyof typeof LIMITS]: string[] },
): string[] {
  const room = Object.entries(LIMITS).flatMap(([kind, limit]) =>
    names[kind as keyof typeof LIMITS].map((name) => limit - (name.length - stage.length)),
  );
  const longest = Math.min(...room);
  if (stage.length <= longest) return [];
  return [`--stage ${stage} has ${stage.length} characters; ${longest} fit into the names of AWS`];
}
