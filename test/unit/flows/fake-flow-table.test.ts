// The fake keeps the promises of the kernel's table.
import { describeFlowTable } from '../../contract/flow-table-contract.ts';
import { FakeFlowTable } from '../../fakes/fake-flow-table.ts';

describeFlowTable('the fake', () => {
  const table = new FakeFlowTable();
  return { table: table.open(), add: (destination, reply) => table.add(destination, reply) };
});
