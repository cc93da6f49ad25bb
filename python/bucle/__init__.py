"""Python side of Bucle: the model worker, golden requests and the conversion to ONNX."""
