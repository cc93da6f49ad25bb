import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateExperiment;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.ExperimentTag;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.Page;

/** MLflow's own Java client against the server whose address is the first argument: a line per check. */
public final class ClientCheck {
  private static int failed = 0;

  public static void main(String[] args) {
    try (MlflowClient client = new MlflowClient(args[0])) {
      String experiment = experiments(client);
      runs(client, experiment);
      pages(client, experiment);
      context(client);
      registry(client, experiment);
    }
    System.out.println(failed == 0 ? "all checks passed" : failed + " checks failed");
    System.exit(failed == 0 ? 0 : 1);
  }

  private static String experiments(MlflowClient client) {
    String id = client.createExperiment(CreateExperiment.newBuilder().setName("java")
        .addTags(ExperimentTag.newBuilder().setKey("team").setValue("jvm")).build());
    check("an experiment is found by id", "java", client.getExperiment(id).getName());
    client.setExperimentTag(id, "stage", "first");
    Map<String, String> tags = client.getExperiment(id).getTagsList().stream()
        .collect(Collectors.toMap(ExperimentTag::getKey, ExperimentTag::getValue));
    check("an experiment has its tags", Map.of("team", "jvm", "stage", "first"), tags);
    client.renameExperiment(id, "java 2");
    check("a renamed experiment is found by name", id,
        client.getExperimentByName("java 2").map(Experiment::getExperimentId).orElse("none"));
    check("an unknown name is nobody's", Optional.empty(), client.getExperimentByName("nobody"));
    client.deleteExperiment(id);
    check("a deleted experiment is marked", "deleted", client.getExperiment(id).getLifecycleStage());
    client.restoreExperiment(id);
    check("a restored experiment is active", "active", client.getExperiment(id).getLifecycleStage());
    check("experiments are searched", List.of("java 2"),
        client.searchExperiments("name LIKE 'java%'").getItems().stream().map(Experiment::getName).toList());
    return id;
  }

  private static void runs(MlflowClient client, String experiment) {
    String run = client.createRun(experiment).getRunId();
    client.logParam(run, "depth", "7");
    client.logMetric(run, "loss", 0.5, 1_000, 1);
    client.logMetric(run, "loss", Double.NaN, 2_000, 2);
    client.logMetric(run, "loss", -0.25, 3_000, -3);
    client.logMetric(run, "big", Double.POSITIVE_INFINITY, 1_000, 0);
    client.setTag(run, "owner", "ana");
    client.setTag(run, "gone", "soon");
    client.deleteTag(run, "gone");
    client.logBatch(run,
        List.of(Metric.newBuilder().setKey("auc").setValue(0.75).setTimestamp(5).setStep(9_000_000_000L).build()),
        List.of(Param.newBuilder().setKey("rate").setValue("0.1").build()),
        List.of(RunTag.newBuilder().setKey("batch").setValue("yes").build()));
    client.setTerminated(run, RunStatus.FINISHED, 9_000);
    Run found = client.getRun(run);
    check("a run ended as it was said", RunStatus.FINISHED + " at 9000",
        found.getInfo().getStatus() + " at " + found.getInfo().getEndTime());
    Map<String, String> params = found.getData().getParamsList().stream()
        .collect(Collectors.toMap(Param::getKey, Param::getValue));
    check("a run has its params", Map.of("depth", "7", "rate", "0.1"), params);
    Map<String, Metric> metrics = found.getData().getMetricsList().stream()
        .collect(Collectors.toMap(Metric::getKey, metric -> metric));
    check("a metric keeps its large step", 9_000_000_000L, metrics.get("auc").getStep());
    check("an infinite metric is the largest number", Double.MAX_VALUE, metrics.get("big").getValue());
    check("the latest value is that of the last step, and no number", true, Double.isNaN(metrics.get("loss").getValue()));
    Map<String, String> tags = found.getData().getTagsList().stream()
        .filter(tag -> !tag.getKey().startsWith("mlflow."))
        .collect(Collectors.toMap(RunTag::getKey, RunTag::getValue));
    check("a run has its tags", Map.of("owner", "ana", "batch", "yes"), tags);
    check("the history of a metric is in the order of time", List.of(1L, 2L, -3L),
        client.getMetricHistory(run, "loss").stream().map(Metric::getStep).toList());
    artifacts(client, run);
    client.deleteRun(run);
    check("a deleted run is marked", "deleted", client.getRun(run).getInfo().getLifecycleStage());
    client.restoreRun(run);
    refused("an unknown run is refused", 404, () -> client.getRun("0".repeat(32)));
    refused("another value of a param is refused", 400, () -> client.logParam(run, "depth", "8"));
  }

  /** The client calls MLflow's Python command line for these. */
  private static void artifacts(MlflowClient client, String run) {
    try {
      Path file = Files.createTempDirectory("java-client").resolve("note.txt");
      Files.writeString(file, "from Java");
      client.logArtifact(run, file.toFile(), "notes");
      check("a logged file is listed", List.of("notes/note.txt"),
          client.listArtifacts(run, "notes").stream().map(FileInfo::getPath).toList());
      Path back = client.downloadArtifacts(run, "notes/note.txt").toPath();
      check("a logged file comes back as it was", "from Java", Files.readString(back));
    } catch (IOException error) {
      check("files can be written here", "yes", error.toString());
    }
  }

  private static void pages(MlflowClient client, String experiment) {
    for (int i = 0; i < 5; i++) {
      String run = client.createRun(experiment).getRunId();
      client.logMetric(run, "page", i, 1, 0);
    }
    List<Integer> sizes = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    Page<Run> page = client.searchRuns(
        List.of(experiment), "metrics.page >= 0", ViewType.ACTIVE_ONLY, 2, List.of("metrics.page DESC"));
    while (true) {
      sizes.add(page.getPageSize());
      for (Run run : page.getItems()) values.add(run.getData().getMetrics(0).getValue());
      if (!page.hasNextPage()) break;
      page = page.getNextPage();
    }
    check("a search is read page by page", List.of(2, 2, 1), sizes);
    check("pages keep the order", List.of(4.0, 3.0, 2.0, 1.0, 0.0), values);
  }

  private static void context(MlflowClient client) {
    MlflowContext context = new MlflowContext(client);
    String id = client.createExperiment("java context");
    context.setExperimentName("java context");
    check("a context finds its experiment", id, context.getExperimentId());
    ActiveRun parent = context.startRun("parent");
    ActiveRun child = context.startRun("child", parent.getId());
    child.logMetrics(Map.of("a", 1.0, "b", 2.0), 4);
    child.logParams(Map.of("p", "1"));
    child.setTags(Map.of("t", "1"));
    child.endRun();
    parent.endRun(RunStatus.FAILED);
    List<String> children = client.searchRuns(
        List.of(id), "tags.mlflow.parentRunId = '" + parent.getId() + "'").stream().map(RunInfo::getRunId).toList();
    check("a child is found by its parent", List.of(child.getId()), children);
    check("the parent failed", RunStatus.FAILED, client.getRun(parent.getId()).getInfo().getStatus());
  }

  private static void registry(MlflowClient client, String experiment) {
    String run = client.createRun(experiment).getRunId();
    String source = client.getRun(run).getInfo().getArtifactUri() + "/model";
    client.sendPost("registered-models/create", "{\"name\": \"java\"}");
    for (int i = 0; i < 3; i++) {
      client.sendPost("model-versions/create",
          "{\"name\": \"java\", \"source\": \"" + source + "\", \"run_id\": \"" + run + "\"}");
    }
    client.sendPost("model-versions/transition-stage",
        "{\"name\": \"java\", \"version\": \"2\", \"stage\": \"Production\", \"archive_existing_versions\": true}");
    client.sendPatch("registered-models/update", "{\"name\": \"java\", \"description\": \"from Java\"}");
    check("a model is described", "from Java", client.getRegisteredModel("java").getDescription());
    check("a version knows its run", run, client.getModelVersion("java", "1").getRunId());
    check("a version knows where its files are", source, client.getModelVersionDownloadUri("java", "3"));
    check("the newest of a stage is found", List.of("2"),
        client.getLatestVersions("java", List.of("Production")).stream().map(ModelVersion::getVersion).toList());
    check("each stage has its newest", 2, client.getLatestVersions("java").size());
    Page<ModelVersion> page = client.searchModelVersions("name='java'", 2, List.of("version_number ASC"));
    check("versions are read page by page", true, page.hasNextPage());
    check("the last page has the last version", List.of("3"),
        ((Iterable<ModelVersion>) page.getNextPage().getItems()).iterator().hasNext()
            ? List.of(page.getNextPage().getItems().iterator().next().getVersion()) : List.of());
    refused("an unknown version is refused", 404, () -> client.getModelVersion("java", "9"));
  }

  private static void check(String rule, Object expected, Object found) {
    boolean same = expected.equals(found);
    if (!same) failed++;
    System.out.println((same ? "ok      " : "FAILED  ") + rule + (same ? "" : ": expected " + expected + ", found " + found));
  }

  private static void refused(String rule, int status, Runnable act) {
    try {
      act.run();
      check(rule, status, "no refusal");
    } catch (MlflowHttpException error) {
      check(rule, status, error.getStatusCode());
    }
  }
}
