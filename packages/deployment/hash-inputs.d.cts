export function hashInputs(deploy: string): string
