using System.Configuration;
using Newtonsoft.Json;

var app = WebApplication.CreateBuilder(args).Build();

app.MapGet("/", () => Results.Content(JsonConvert.SerializeObject(new { hello = ConfigurationManager.AppSettings["who"] ?? "world" }), "application/json"));

app.Run();
