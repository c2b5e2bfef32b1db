// The quick start, ready to paste: the address and the key are those of this installation.

export const LANGUAGES = ["curl", "Python", "TypeScript"] as const;
export type Language = (typeof LANGUAGES)[number];

interface Place {
  readonly baseUrl: string;
  readonly key: string;
}

const WRITERS: Readonly<Record<Language, (place: Place) => string>> = {
  curl: ({ baseUrl, key }) => `curl ${baseUrl}/api/v1/events \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "external_user_id": "user_42",
    "name": "report_created",
    "properties": { "pages": 3 }
  }'`,
  Python: ({ baseUrl, key }) => `# pip install ./sdks/python  (in the folder of Vibefollow)
from vibefollow import VibeFollow

with VibeFollow(api_key="${key}", base_url="${baseUrl}") as client:
    client.users.identify("user_42", {"email": "ada@example.com", "name": "Ada"})
    client.events.track("report_created", "user_42", {"pages": 3})`,
  TypeScript: ({ baseUrl, key }) => `// npm install ./sdks/typescript  (in the folder of Vibefollow)
import { VibeFollow } from "@vibefollow/sdk";

const client = new VibeFollow({ apiKey: "${key}", baseUrl: "${baseUrl}" });
await client.users.identify("user_42", { email: "ada@example.com", name: "Ada" });
await client.events.track("report_created", "user_42", { pages: 3 });`,
};

/** Writes the quick start in a language. */
export function snippet(language: Language, place: Place): string {
  return WRITERS[language](place);
}
