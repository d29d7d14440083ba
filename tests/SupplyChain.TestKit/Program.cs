Console.Error.WriteLine("usage: SupplyChain.TestKit <command>");
return 2;
