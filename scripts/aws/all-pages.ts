import { awsCall } from './aws-call';

/**
 * Asks AWS for a list to its end.
 *
 * @param action as IAM names it
 * @param pages one of the SDK's paginators
 * @throws AwsError
 */
export const allPages = <Page, Item>(
  action: string,
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> =>
  awsCall(action, async () => {
    const items: Item[] = [];
    for await (const page of pages) items.push(...(itemsOf(page) ?? []));
    return items;
  });
